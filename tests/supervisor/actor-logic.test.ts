import { inProcess, managerLogic, openEnvironment } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import { fakeClock, faultTransport, silentLogger } from "@reeve/testing";
import { expect, test } from "vitest";
import { createActor, waitFor } from "xstate";
import { sums, sumsManager } from "./math.fixture.ts";

const options = { host: "a", store: sqlite({ path: ":memory:" }), log: silentLogger };

test("a definition is genuine XState actor logic: an actor of it boots, serves, is inspected, and stops", async () => {
  await using opened = await openEnvironment(options);
  const inspected = new Set<string>();
  const actor = createActor(managerLogic(sumsManager), {
    input: { environment: opened.environment, backend: "x" },
    inspect: ({ type }) => inspected.add(type),
  });
  actor.start();
  await waitFor(actor, (snapshot) => snapshot.matches({ serving: "ready" }));
  expect(await opened.ref(sums).at("a@x").add({ a: 1, b: 2 })).toBe(3);
  expect(inspected).toContain("@xstate.snapshot");
  actor.send({ type: "drain" });
  await waitFor(actor, (snapshot) => snapshot.status === "done");
  await expect(opened.ref(sums).add({ a: 1, b: 2 })).rejects.toMatchObject({ reason: "NO_RESPONDERS" });
});

test("an actor that its owner stops lets its callers go", async () => {
  await using opened = await openEnvironment({ ...options, store: sqlite({ path: ":memory:" }) });
  const actor = createActor(managerLogic(sumsManager), { input: { environment: opened.environment } });
  actor.start();
  await waitFor(actor, (snapshot) => snapshot.matches({ serving: "ready" }));
  const hanging = opened.ref(sums).hang({});
  actor.stop();
  await expect(hanging).rejects.toMatchObject({ outcome: "maybe-executed" });
});

test("an actor without a supervisor is told what is wrong with its host, from its first moment until it is over", async () => {
  const clock = fakeClock();
  const transport = faultTransport(inProcess().client({ caller: "a" }), { seed: 1, clock, print: () => {} });
  const store = sqlite({ path: ":memory:" });
  await using opened = await openEnvironment({ ...options, store, clock, transport });
  transport.cut();
  const actor = createActor(managerLogic(sumsManager), { input: { environment: opened.environment } });
  const reasons = () => actor.getSnapshot().context.causes.map(({ reason }) => reason);
  expect(reasons()).toEqual(["LINK_LOST"]);
  actor.start();
  await waitFor(actor, (snapshot) => snapshot.matches("degraded"));
  expect(reasons()).toEqual(["LINK_LOST"]);
  transport.heal();
  await clock.advance(2_000);
  await waitFor(actor, (snapshot) => snapshot.matches({ serving: "ready" }));
  transport.cut();
  await waitFor(actor, (snapshot) => snapshot.matches("degraded"));
  actor.send({ type: "drain" });
  await waitFor(actor, (snapshot) => snapshot.status === "done");
});
