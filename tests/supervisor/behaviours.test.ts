import { call, contract, type ReeveError } from "@reeve/contract";
import { column, createSupervisor, defineManager, defineStore, job, table } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import { silentLogger } from "@reeve/testing";
import { expect, test } from "vitest";
import { z } from "zod";

const toll = contract("toll", "1.0", {
  pay: call({ input: z.object({ id: z.string() }), output: z.string(), route: "owner" }),
});
const operations = { pay: () => "paid" };
const owner = () => null;

/** What comes of a manager whose `setup` does this: types cannot speak for JavaScript. */
async function startWith(setup: () => unknown): Promise<ReeveError> {
  const supervisor = createSupervisor({ host: "a", store: sqlite({ path: ":memory:" }), log: silentLogger });
  supervisor.spawn(defineManager({ contract: toll, setup: setup as never }));
  return supervisor.start().then(
    () => expect.fail("it started"),
    (error) => error,
  );
}

test.each([
  [undefined, /setup: expected it to return an object/],
  [{ operations }, /owner: expected a function, as operation "pay" has route "owner"/],
  [{ operations, owner: "a" }, /owner: expected a function/],
  [{ owner }, /operations: "pay": expected a function/],
  [{ owner, operations: [] }, /operations: expected an object/],
  [{ owner, operations: { ...operations, bribe: () => "" } }, /operations: "bribe" is not in the contract/],
  [{ owner, operations, recover: null }, /recover: expected an object/],
  [{ owner, operations, recover: { "toll.paying": true } }, /recover: "toll.paying": expected a function/],
  [{ owner, operations, recover: { "toll.paying": () => {} } }, /recover: "toll.paying" is not declared in jobs/],
  [{ owner, operations, periodic: [] }, /periodic: expected an object/],
  [{ owner, operations, periodic: { count: { every: "soon", run: () => {} } } }, /periodic\.count\.every/],
  [{ owner, operations, panels: {} }, /panels: expected an array/],
  [{ owner, operations, isWorking: true }, /isWorking: expected a function/],
  [{ owner, operations, initHots: () => {} }, /unknown "initHots"/],
])("what setup returned is refused by name: %j", async (behaviour, message) => {
  const failure = await startWith(() => behaviour);
  expect(failure.reason).toBe("BOOT_FAILED");
  expect(failure.message).toMatch(message);
});

test.each([
  ["text", /failed \("text"\)/],
  [null, /failed \(null\)/],
  [undefined, /failed$/],
  [{ code: 7 }, /failed \({"code":7}\)/],
])("a setup that throws %j fails the start, and says so", async (thrown, message) => {
  const failure = await startWith(() => {
    throw thrown;
  });
  expect(failure.reason).toBe("BOOT_FAILED");
  expect(failure.message).toMatch(message);
  expect(failure.cause).toEqual(thrown);
});

test("a kind of work that is declared and not recovered is refused by name", async () => {
  const supervisor = createSupervisor({ host: "a", store: sqlite({ path: ":memory:" }), log: silentLogger });
  const store = defineStore("toll", { tables: { tolls: table({ id: column.text().primaryKey() }) } });
  const setup = (() => ({ owner, operations, recover: {} })) as never;
  supervisor.spawn(defineManager({ contract: toll, store, jobs: { "toll.paying": job() }, setup }));
  await expect(supervisor.start()).rejects.toThrow(/recover: "toll.paying": expected a function, as jobs declares it/);
});

test.each([
  [{ jobs: 1 }, /manager toll: jobs: expected an object, got 1/],
  [{ jobs: { "toll.paying": {} } }, /jobs: "toll.paying": expected the result of job\(\), got /],
  [{ jobs: { "toll.paying": job() } }, /jobs: they are kept in its store, and it has none/],
])("jobs that cannot be are refused: %j", (options, message) => {
  expect(() => defineManager({ contract: toll, setup: () => ({}), ...options } as never)).toThrow(message);
});

test("what defineManager did not make is refused at spawn", () => {
  const supervisor = createSupervisor({ host: "a", store: sqlite({ path: ":memory:" }), log: silentLogger });
  for (const odd of [undefined, {}, { contract: toll, setup: () => ({}) }])
    expect(() => supervisor.spawn(odd as never)).toThrow(/expected the result of defineManager\(\)/);
});
