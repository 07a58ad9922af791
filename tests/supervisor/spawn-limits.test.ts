import { call, cast, contract, type ReeveError } from "@reeve/contract";
import { createSupervisor, defineManager } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import { fakeClock, localCluster, silentLogger, testManager } from "@reeve/testing";
import { expect, test } from "vitest";
import { z } from "zod";

const gates = contract("gate", "1.0", { pass: call({ input: z.object({}) }) });

/** Nobody passes before they are let. Two at a time by definition, and three wait. */
function gateManager() {
  const opened = Promise.withResolvers<void>();
  const setup = () => ({ operations: { pass: () => opened.promise } });
  const definition = defineManager({ contract: gates, limits: { maxInFlight: 2, maxQueued: 3 }, setup });
  return { definition, open: opened.resolve };
}

test.each([
  [undefined, { inFlight: 2, queued: 3 }],
  [{}, { inFlight: 2, queued: 3 }],
  [{ maxInFlight: 5 }, { inFlight: 5, queued: 3 }],
  [{ maxQueued: 0 }, { inFlight: 2, queued: 0 }],
  [
    { maxInFlight: 1, maxQueued: 4 },
    { inFlight: 1, queued: 4 },
  ],
])("a manager spawned with limits %j takes in %j, and refuses the rest", async (limits, taken) => {
  const { definition, open } = gateManager();
  await using gate = await testManager(definition, limits === undefined ? {} : { limits });
  const calls = Array.from({ length: 12 }, () => gate.calls.pass({}).catch((error: ReeveError) => error.reason));
  expect(gate.report).toMatchObject(taken);
  open();
  const answers = await Promise.all(calls);
  const refused = answers.filter((answer) => answer === "MAILBOX_FULL");
  expect(refused).toHaveLength(12 - taken.inFlight - taken.queued);
});

test("two managers of one definition have limits of their own, in every incarnation", async () => {
  const clock = fakeClock();
  const { definition, open } = gateManager();
  const wide = { backend: "wide", limits: { maxInFlight: 9 } };
  await using cluster = await localCluster(
    [
      [definition, wide],
      [definition, { backend: "own" }],
    ],
    { clock },
  );
  cluster.supervisor.kill("gate", "test@wide");
  // While it has no incarnation, as many wait as its mailbox will queue.
  const early = Array.from({ length: 4 }, () =>
    cluster
      .ref(gates)
      .at("test@wide")
      .pass({})
      .catch((error: ReeveError) => error.reason),
  );
  await clock.advance(10_000);
  const later = ["test@wide", "test@own"].flatMap((address) =>
    Array.from({ length: 6 }, () =>
      cluster
        .ref(gates)
        .at(address)
        .pass({})
        .catch(() => undefined),
    ),
  );
  expect(cluster.supervisor.managers()).toMatchObject([
    { epoch: 2, inFlight: 9, queued: 0 },
    { epoch: 1, inFlight: 2, queued: 3 },
  ]);
  open();
  expect(await Promise.all(early)).toEqual([undefined, undefined, undefined, "MAILBOX_FULL"]);
  await Promise.all(later);
});

test.each([
  [{ maxInFlight: 0 }, /^spawn gate: limits: maxInFlight: expected a whole number from 1 .*, got 0$/],
  [{ maxInFlight: 1.5 }, /^spawn gate: limits: maxInFlight: expected .*, got 1\.5$/],
  [{ maxQueued: -1 }, /^spawn gate: limits: maxQueued: expected .*, got -1$/],
  [{ maxQueued: "many" }, /^spawn gate: limits: maxQueued: expected .*, got "many"$/],
  [{ maxInflight: 3 }, /^spawn gate: limits: unknown option "maxInflight"; did you mean "maxInFlight"/],
  [{ drainTimeout: "soon" }, /^spawn gate: limits: drainTimeout: expected milliseconds .*, got "soon"/],
  [{ probeEvery: 0 }, /^spawn gate: limits: probeEvery: expected at least 1 ms, got 0/],
  [{ driver: { checkEvery: "now" } }, /^spawn gate: limits: driver: checkEvery: expected milliseconds .*, got "now"/],
  [
    { driver: { checksEvery: "1s" } },
    /^spawn gate: limits: driver: unknown option "checksEvery"; did you mean "checkEvery"/,
  ],
  [
    { driver: { maxConcurrent: 0 } },
    /^spawn gate: limits: driver: maxConcurrent: expected a whole number from 1, or Infinity, got 0/,
  ],
  [7, /^spawn gate: limits: expected an options object, got 7/],
  [null, /^spawn gate: limits: expected an options object, got null/],
])("spawn refuses limits %j, naming the field and the value", (limits, message) => {
  const supervisor = createSupervisor({ host: "a", store: sqlite({ path: ":memory:" }), log: silentLogger });
  const { definition } = gateManager();
  expect(() => supervisor.spawn(definition, { limits: limits as never })).toThrow(
    expect.objectContaining({ reason: "INVALID_OPTION", message: expect.stringMatching(message) }),
  );
});

test("a copy of a manager is refused: nobody would have checked what was changed in it", () => {
  const supervisor = createSupervisor({ host: "a", store: sqlite({ path: ":memory:" }), log: silentLogger });
  const { definition } = gateManager();
  for (const copy of [{ ...definition, limits: { maxInFlight: 1 } }, Object.freeze({ ...definition })]) {
    expect(() => supervisor.spawn(copy as never)).toThrow(
      expect.objectContaining({
        reason: "INVALID_OPTION",
        message: expect.stringContaining("not a copy (limits, driver and configuration are given at spawn)"),
      }),
    );
  }
});

test.each([
  [{ driver: {} }, /^manager gate: driver: expected the result of driverPort\(\).*, got \{\}/],
  [{ driver: "file" }, /^manager gate: driver: expected .*, got "file"/],
  [{ driver: null }, /^manager gate: driver: expected .*, got null/],
  [{ driver: () => ({}) }, /^manager gate: driver: expected .*, got \[function driver\]/],
  [{ store: {} }, /^manager gate: store: expected the result of defineStore\(\), got \{\}/],
  [{ store: sqlite({ path: ":memory:" }) }, /^manager gate: store: expected the result of defineStore\(\), got /],
])("defineManager refuses %j, naming the field and the value", (option, message) => {
  const setup = () => ({ operations: { pass: () => {} } });
  expect(() => defineManager({ contract: gates, setup, ...(option as object) })).toThrow(
    expect.objectContaining({ reason: "INVALID_OPTION", message: expect.stringMatching(message) }),
  );
});

test.each([
  ["a durable cast", { pass: cast({ input: z.object({}), durable: true }) }, "pass is a durable cast, whose keys are"],
  [
    'dedupe: "store"',
    { pass: call({ input: z.object({}), dedupe: "store" }) },
    'pass has dedupe "store": its keys are',
  ],
])("defineManager refuses %s without a store", (_, operations, why) => {
  const setup = () => ({ operations: { pass: () => {} } });
  const message = `manager gate: store: expected the result of defineStore(), got undefined; operation ${why} kept there`;
  expect(() => defineManager({ contract: contract("gate", "1.0", operations as never) as never, setup })).toThrow(
    expect.objectContaining({ reason: "INVALID_OPTION", message }),
  );
});
