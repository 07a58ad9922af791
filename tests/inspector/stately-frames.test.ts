import { call, contract, secret } from "@reeve/contract";
import { inspector } from "@reeve/inspector";
import { createSupervisor, defineManager, inProcess, type Supervisor, type SupervisorOptions } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import { fakeClock, faultTransport } from "@reeve/testing";
import { describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { transports, useHosts } from "../transport/hosts.ts";
import { story } from "./stately-story.ts";
import { token } from "./watched-fleet.ts";

const lamps = contract("lamp", "1.0", {
  on: call({ input: z.object({ room: z.string() }), output: z.string() }),
  smash: call({ input: z.object({}), errors: { BROKEN: z.object({ pieces: z.number() }) } }),
});
const rooms = contract("room", "1.0", { enter: call({ input: z.object({ room: z.string() }), output: z.string() }) });

const lampManager = defineManager({
  contract: lamps,
  setup: () => ({
    operations: { on: ({ room }) => `${room} is lit`, smash: (_, ctx) => ctx.fail("BROKEN", { pieces: 3 }) },
  }),
});
const roomManager = defineManager({
  contract: rooms,
  setup: () => ({ operations: { enter: ({ room }, ctx) => ctx.ref(lamps).on({ room }) } }),
});

type Manager = Parameters<Supervisor["spawn"]>[0];

async function house(
  managers: readonly Manager[],
  options: Partial<SupervisorOptions> = {},
  shown = true,
): Promise<Supervisor> {
  const supervisor = createSupervisor({
    ...{ host: "a", store: sqlite({ path: ":memory:" }), log: { level: "silent" }, openBroker: true },
    ...{ restart: { initialBackoff: 1 }, ...(shown ? { inspector: inspector({ port: 0, token }) } : {}) },
    ...options,
  });
  for (const manager of managers) supervisor.spawn(manager);
  onTestFinished(() => supervisor.stop());
  return supervisor;
}

const restarted = (supervisor: Supervisor, manager: string) =>
  supervisor.until(manager, "a", ({ epoch, status }) => epoch === 2 && status.phase === "ready");

test("a host is a root and its managers are below it, with the lifecycle's chart", async () => {
  const supervisor = await house([lampManager]);
  await supervisor.start();
  const told = await story(supervisor);
  await told.tells("a begins", "a is heard (active)", "lamp/a begins", "lamp/a is serving.ready (active)");
  const [host, lamp] = told.frames.filter(({ type }) => type === "@xstate.actor");
  expect(host).not.toHaveProperty("parentId");
  expect(lamp).toMatchObject({ parentId: host!.sessionId, rootId: host!.sessionId });
  expect(JSON.parse(lamp!.definition!)).toMatchObject({ id: "manager", initial: "booting" });
});

test("a call is an event of its operation's name before what it brings about, and is answered after", async () => {
  const supervisor = await house([lampManager, roomManager]);
  await supervisor.start();
  const told = await story(supervisor);
  await told.until(() => told.live().length === 3);
  await supervisor.ref(rooms).enter({ room: "hall" });
  await told.tells(
    "room/a ← room.enter",
    "lamp/a ← lamp.on from room/a",
    "room/a ← lamp.on.done from lamp/a",
    "a ← room.enter.done from room/a",
  );
  await expect(supervisor.ref(lamps).smash({})).rejects.toThrow();
  await told.tells("lamp/a ← lamp.smash", "a ← lamp.smash.error from lamp/a");
  const [asked, answered] = ["lamp.smash", "lamp.smash.error"].map(
    (type) => told.frames.find(({ event }) => event?.type === type)!.event!,
  );
  expect(answered).toEqual({
    type: "lamp.smash.error",
    requestId: asked!.requestId,
    reason: "BROKEN",
    outcome: "executed",
  });
});

test("a manager that is killed ends once, calls that it had are told as lost, and its next life is another actor", async () => {
  const hangs = defineManager({
    contract: lamps,
    setup: () => ({ operations: { on: () => new Promise<string>(() => {}), smash: () => undefined } }),
  });
  const supervisor = await house([hangs]);
  await supervisor.start();
  const told = await story(supervisor);
  await told.until(() => told.live().length === 2);
  const lost = supervisor.ref(lamps).on({ room: "hall" });
  lost.catch(() => undefined);
  await told.tells("lamp/a ← lamp.on");
  supervisor.kill("lamp", "a");
  await restarted(supervisor, "lamp");
  await told.tells(
    "lamp/a ← kill",
    "lamp/a is stopped (done)",
    "a ← lamp.on.error from lamp/a",
    "lamp/a begins",
    "lamp/a is booting (active)",
    "lamp/a is serving.ready (active)",
  );
  expect(told.lives("lamp/a")).toEqual([2, 1]);
  for (let epoch = 3; epoch < 8; epoch++) {
    await supervisor.restart("lamp", "a");
    await told.until(() => told.lives("lamp/a")[0] === epoch);
  }
  await told.until(() => told.lives("lamp/a").join() === "7,6");
});

test("each snapshot comes after the event that made it so", async () => {
  const supervisor = await house([lampManager]);
  const starting = supervisor.start();
  await expect.poll(() => supervisor.inspectorUrl).toBeDefined();
  const told = await story(supervisor);
  await starting;
  await told.tells("lamp/a begins", "lamp/a is serving.ready (active)");
  await supervisor.reset();
  await supervisor.drain("lamp", "a");
  await told.tells(
    "lamp/a ← reset",
    "lamp/a is resetting (active)",
    "lamp/a is serving.ready (active)",
    "lamp/a ← drain",
    "lamp/a is draining (active)",
    "lamp/a is stopped (done)",
  );
  await supervisor.start("lamp", "a");
  await told.until(() => told.lives("lamp/a").join() === "2,1");
});

test("who comes late is told of what lives, and of nothing that ended", async () => {
  const supervisor = await house([lampManager, roomManager]);
  await supervisor.start();
  supervisor.kill("lamp", "a");
  await restarted(supervisor, "lamp");
  await supervisor.drain("room", "a");
  const told = await story(supervisor);
  await told.tells("a begins", "lamp/a begins", "lamp/a is serving.ready (active)");
  expect(told.live()).toEqual(["a", "lamp/a"]);
});

describe.each(transports)("two hosts %s", (name) => {
  const { unconnected } = useHosts(name);

  test("are two roots, their calls name both ends, and one that stops ends with all its actors, itself last", async () => {
    const [a, b] = [
      await house([roomManager], { transport: unconnected("a") }),
      await house([lampManager], { host: "b", transport: unconnected("b") }, false),
    ];
    await a.start();
    await b.start();
    const told = await story(a);
    await told.until(() => told.live().join() === "a,b,lamp/b,room/a");
    const roots = told.frames.filter(({ type, parentId }) => type === "@xstate.actor" && parentId === undefined);
    expect(roots.map(({ sessionId }) => told.nameOf(sessionId)).sort()).toEqual(["a", "b"]);
    expect(told.nameOf(told.frames.find(({ sessionId }) => sessionId === told.idOf("lamp/b"))!.parentId)).toBe("b");
    await a.ref(rooms).enter({ room: "hall" });
    await told.tells("lamp/b ← lamp.on from room/a", "room/a ← lamp.on.done from lamp/b");
    b.kill("lamp", "b");
    await b.until("lamp", "b", ({ epoch, status }) => epoch === 2 && status.phase === "ready");
    await told.until(() => told.lives("lamp/b").join() === "2,1");
    await b.stop();
    await told.until(() => told.live().join() === "a,room/a");
    const ends = told.lines().filter((line) => /(done|stopped)\)$/.test(line));
    expect(ends.slice(-2)).toEqual(["lamp/b is stopped (done)", "b is gone (stopped)"]);
  });
});

test("a host that falls silent is told as that, and once it is lost its actors end, itself last", async () => {
  const [hub, clock] = [inProcess(), fakeClock()];
  const links = faultTransport(hub.client({ caller: "b" }), { seed: 1, print: () => {} });
  const b = await house([lampManager], { host: "b", transport: links }, false);
  await b.start();
  const a = await house([], { transport: hub.client({ caller: "a" }), clock });
  const starting = a.start();
  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 500) await clock.advance(500);
  };
  const url = async () => {
    await pass(500);
    return a.inspectorUrl;
  };
  await expect.poll(url).toBeDefined();
  await pass(2_000);
  await starting;
  const told = await story(a);
  await told.until(() => told.live().includes("a"));
  const live = async () => {
    await pass(500);
    return told.live().join();
  };
  await expect.poll(live).toBe("a,b,lamp/b");
  links.cut();
  await pass(4_000);
  await told.tells("b ← host.silent", "b is silent (active)");
  expect(told.live()).toContain("lamp/b");
  await pass(60_000);
  await told.tells("b is silent (active)", "lamp/b is serving.ready (stopped)", "b is gone (stopped)");
  expect(told.live()).toEqual(["a"]);
});

test("nothing of a manager's configuration is in any frame, neither what is marked as secret nor what is not, whatever its errors and its own view quote", async () => {
  const config = { token: "marked-7f3a", region: "unmarked-91bc" };
  const keepers = contract("keeper", "1.0", {
    open: call({ input: z.object({ owner: z.string(), combination: secret(z.string()) }) }),
  });
  let life = 0;
  const keeperManager = defineManager({
    contract: keepers,
    config: z.object({ token: secret(z.string().min(4)), region: z.string() }),
    setup: ({ config }) => {
      const refuse = () => {
        throw new Error(`the token ${config.current.token} was refused`);
      };
      life += 1;
      if (life === 2) refuse();
      return {
        initHostWithRpc: refuse,
        inspect: () => ({
          ...{ token: config.current.token, said: `I log in with ${config.current.token}` },
          vaults: [{ combination: "31-41-59", doors: 2 }],
        }),
        operations: { open: refuse },
      };
    },
  });
  const supervisor = await house([]);
  let given: typeof config = config;
  supervisor.spawn(keeperManager, { config: () => given });
  await supervisor.start();
  const told = await story(supervisor);
  await told.tells("keeper/a begins", "keeper/a is degraded (active)");
  await expect(supervisor.ref(keepers).open({ owner: "miser", combination: "31-41-59" })).rejects.toThrow();
  await told.tells("keeper/a ← keeper.open", "a ← keeper.open.error from keeper/a");
  given = { ...config, token: "x" };
  await expect(supervisor.reset()).rejects.toThrow();
  supervisor.kill("keeper", "a");
  await supervisor.until("keeper", "a", ({ epoch, status }) => epoch === 3 && status.state === "degraded");
  await told.tells("keeper/a is failed (error)", "keeper/a begins", "keeper/a is degraded (active)");
  const text = JSON.stringify(told.frames);
  for (const shown of ['"doors":2', "the token [redacted] was refused"]) expect(text).toContain(shown);
  for (const hidden of ["marked-7f3a", "unmarked-91bc", "31-41-59", "miser"]) expect(text).not.toContain(hidden);
});
