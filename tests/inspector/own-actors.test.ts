import { call, contract } from "@reeve/contract";
import { inspector } from "@reeve/inspector";
import { createSupervisor, defineManager, type Supervisor } from "@reeve/runtime";
import { hosts } from "@reeve/runtime/host";
import { sqlite } from "@reeve/runtime/sqlite";
import { expect, onTestFinished, test } from "vitest";
import { fromCallback, sendTo, setup } from "xstate";
import { z } from "zod";
import { serverManager, servers } from "../actors/servers.ts";
import { story } from "./stately-story.ts";
import { token } from "./watched-fleet.ts";

async function house(manager: Parameters<Supervisor["spawn"]>[0]) {
  const supervisor = createSupervisor({
    ...{ host: "a", store: sqlite({ path: ":memory:" }), log: { level: "silent" }, openBroker: true },
    ...{ restart: { initialBackoff: 1 }, inspector: inspector({ port: 0, token }) },
  });
  supervisor.spawn(manager);
  onTestFinished(() => supervisor.stop());
  await supervisor.start();
  return supervisor;
}

test("a kept actor is below its manager with its own chart, and what it invokes is below it; all end with the life that held them", async () => {
  const image = Promise.withResolvers<string>();
  const supervisor = await house(serverManager({ seen: [], image: () => image.promise }));
  const told = await story(supervisor);
  await told.until(() => told.live().length === 2);
  const calls = supervisor.ref(servers);
  await calls.rack({ id: "s1" });
  await calls.send({ id: "s1", type: "racked" });
  await told.tells(
    "server/a ← server.rack",
    "server/s1 begins",
    "server/s1 is racking (active)",
    "server/a ← server.send",
    "server/s1 ← racked",
    "server/s1 is imaging (active)",
    "server/s1/image begins",
  );
  image.resolve("debian");
  await told.tells("server/s1 is testing (active)", "server/s1/burnIn begins", "server/s1/burnIn is running (active)");
  await calls.send({ id: "s1", type: "count" });
  await told.tells("server/s1 ← count", "server/s1/burnIn is running (active)");
  const [begun] = told.frames.filter(({ type, name }) => type === "@xstate.actor" && name === "server/s1");
  expect(begun!.parentId).toBe(told.idOf("server/a"));
  expect(JSON.parse(begun!.definition!)).toMatchObject({ id: "server", initial: "racking" });
  supervisor.kill("server", "a");
  await supervisor.until("server", "a", ({ epoch, status }) => epoch === 2 && status.phase === "ready");
  await calls.send({ id: "s1", type: "skip" });
  await told.tells(
    "server/s1/burnIn is running (stopped)",
    "server/s1 is testing (stopped)",
    "server/s1 is waiting (active)",
  );
  expect(told.live()).toEqual(["a", "server/a", "server/s1"]);
});

const stages = contract("stage", "1.0", { say: call({ input: z.object({ type: z.string() }) }) });

test("a spawned actor is shown with what it spawns, with the events between them, and ends with the manager", async () => {
  const lamp = fromCallback(({ receive, sendBack }) => receive(() => sendBack({ type: "bright" })));
  const stage = setup({ actors: { lamp } }).createMachine({
    id: "stage",
    invoke: { src: "lamp", id: "lamp" },
    initial: "dark",
    states: {
      dark: { on: { light: { actions: sendTo("lamp", { type: "on" }) }, bright: "lit" } },
      lit: { on: { curtain: "over" } },
      over: { type: "final" },
    },
  });
  const stageManager = defineManager({
    contract: stages,
    setup: ({ actors }) => {
      const ref = actors.spawn(stage, { id: "main stage" });
      return { operations: { say: ({ type }) => ref.send({ type } as never) } };
    },
  });
  const supervisor = await house(stageManager);
  const told = await story(supervisor);
  await told.until(() => told.live().length === 4);
  expect(told.live()).toEqual(["a", "main stage", "main stage/lamp", "stage/a"]);
  await supervisor.ref(stages).say({ type: "light" });
  await told.tells(
    "stage/a ← stage.say",
    "main stage ← light",
    "main stage/lamp ← on from main stage",
    "main stage ← bright from main stage/lamp",
    "main stage is lit (active)",
  );
  await supervisor.ref(stages).say({ type: "curtain" });
  await told.tells("main stage ← curtain", "main stage is over (done)");
  await told.until(() => told.live().length === 2);
});

test("an operator lists the kept actors of a host and describes one, which is shown from then on", async () => {
  const supervisor = await house(serverManager({ seen: [], image: () => new Promise(() => {}) }));
  const calls = supervisor.ref(servers);
  for (const id of ["s1", "s2"]) await calls.rack({ id });
  // A new life has looked at none of them yet.
  await supervisor.restart("server", "a");
  const told = await story(supervisor);
  await told.until(() => told.live().length === 2);
  const host = supervisor
    .as({ user: "ada", roles: ["viewer"] })
    .ref(hosts)
    .at("a");
  const { items } = await host.actors({ filter: { manager: "server/a" } });
  expect(items).toMatchObject([
    { machine: "server", id: "s1", status: "active", state: "racking", dueAt: expect.any(Number), lastError: null },
    { machine: "server", id: "s2" },
  ]);
  expect((await host.actors({ filter: { manager: "server/a", status: "failed" } })).items).toEqual([]);
  const described = await host.describeActor({ manager: "server/a", machine: "server", id: "s2" });
  expect(described).toMatchObject({
    state: "racking",
    context: { id: "s2", attempts: 0 },
    delays: [{ event: "xstate.after.patience.server.racking", dueAt: items[1]!.dueAt }],
  });
  await told.tells("server/s2 begins", "server/s2 is racking (active)");
  await calls.send({ id: "s2", type: "racked" });
  await told.tells("server/s2 ← racked", "server/s2 is imaging (active)");
  await expect(host.describeActor({ manager: "server/a", machine: "server", id: "s9" })).rejects.toMatchObject({
    reason: "NO_SUCH_ACTOR",
  });
});
