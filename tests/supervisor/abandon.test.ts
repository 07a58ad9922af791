import { call, contract, stream } from "@reeve/contract";
import { column, defineManager, defineStore, job, type ManagerDefinition, table } from "@reeve/runtime";
import { fakeClock, natsCluster, testManager } from "@reeve/testing";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { failure } from "../kit/failure.ts";

const Sack = z.object({ sack: z.string() });
const mills = contract("mill", "1.0", {
  /** Holds a lane; runs no work. */
  grind: call({ input: Sack, output: z.string(), lane: ({ sack }) => sack, timeout: "5s" }),
  /** Works on another resource than its lane. */
  bake: call({ route: "owner", input: Sack, output: z.string(), lane: ({ sack }) => sack, timeout: "5s" }),
  watch: stream({ input: Sack, progress: z.number(), output: z.string(), timeout: "5s" }),
});
const millStore = defineStore("mill", {
  tables: { loaves: table({ id: column.text().primaryKey(), state: column.text() }) },
});

/** A mill whose handlers go on until they are let go, heeding no signal. */
function mill() {
  const gates: (() => void)[] = [];
  const late: unknown[] = [];
  const requests: string[] = [];
  const wait = () => new Promise<void>((resolve) => gates.push(resolve));
  const manager: ManagerDefinition<typeof mills> = defineManager({
    contract: mills,
    store: millStore,
    jobs: { baking: job() },
    setup: ({ store, work, address }) => ({
      owner: () => address,
      operations: {
        grind: async ({ sack }) => {
          await wait();
          return `${sack} ground`;
        },
        bake: async ({ sack }, ctx) => {
          const loaf = `loaf of ${sack}`;
          const job = await store.transaction(async (tx) => {
            await tx.insert("loaves", { id: loaf, state: "baking" });
            return work.begin(tx, "baking", loaf);
          });
          await work.run(job, async () => {
            await wait();
            late.push(await store.transaction((tx) => tx.update("loaves", loaf, { state: "x" })).catch((e) => e));
            late.push(
              ctx.signal.aborted,
              await ctx
                .ref(mills)
                .grind({ sack })
                .catch((e) => e),
            );
            return (tx) => tx.update("loaves", loaf, { state: "baked" });
          });
          return loaf;
        },
        watch: async function* (_input, { requestId }) {
          requests.push(requestId);
          yield 1;
          await wait();
          return "watched";
        },
      },
      recover: {
        baking:
          ({ resource }) =>
          (tx) =>
            tx.update("loaves", resource, { state: "given up" }),
      },
    }),
  });
  const release = () => {
    for (const gate of gates.splice(0)) gate();
  };
  const begun = (count: number) => expect.poll(() => gates.length).toBe(count);
  return { manager, release, begun, late, requests };
}

test("a hung operation is named with lane, resource and since when; other kinds say the same", async () => {
  const clock = fakeClock();
  const { manager, begun, release } = mill();
  await using tested = await testManager(manager, { clock });
  const startedAt = clock.wallNow();
  const late = failure(tested.calls.bake({ sack: "rye" }));
  await begun(1);
  await clock.advance(5_100);
  await late;
  await clock.advance(5_100);
  const [cause] = tested.report.status.causes;
  expect(cause).toMatchObject({
    reason: "HUNG",
    data: { operation: "bake", lane: "rye", resource: "loaf of rye", requestId: expect.any(String) },
  });
  expect(cause!.message).toContain(`bake on "loaf of rye" in lane "rye" ignores its signal`);
  expect(Math.abs(Date.parse(String(cause!.data!.since)) - startedAt)).toBeLessThan(1_000);
  expect(cause!.message).toContain(String(cause!.data!.since));
  release();
  await clock.advance(1);

  const grinding = failure(tested.calls.grind({ sack: "oats" }));
  await begun(1);
  await clock.advance(10_200);
  await grinding;
  expect(tested.report.status.causes).toMatchObject([
    { reason: "HUNG", data: { operation: "grind", lane: "oats", resource: "oats" } },
  ]);
  release();
  await clock.advance(1);
});

test("abandoned by its resource, a hung operation gives back slot and lane; its work is settled, and it can do nothing more", async () => {
  const clock = fakeClock();
  const { manager, begun, release, late } = mill();
  await using tested = await testManager(manager, { clock, limits: { maxInFlight: 1 } });
  const { supervisor, log } = tested;
  const baking = failure(tested.calls.bake({ sack: "rye" }));
  await begun(1);
  await clock.advance(10_200);
  await baking;
  expect(tested.status.state).toBe("degraded");
  const next = tested.calls.grind({ sack: "rye" });
  await clock.advance(1);
  expect(tested.report).toMatchObject({ inFlight: 1, queued: 1 });

  const by = { reason: "the oven is broken", by: "ada" };
  const report = supervisor.abandon("mill", "test", { resource: "loaf of rye", ...by });
  expect(report).toEqual({
    operations: [{ operation: "bake", requestId: expect.any(String), lane: "rye", resource: "loaf of rye" }],
    resources: ["loaf of rye"],
    driverCalls: [],
  });
  await begun(2);
  expect(tested.status).toMatchObject({ state: "serving", causes: [] });
  release();
  expect(await next).toBe("rye ground");
  await expect.poll(() => late).toMatchObject([{ reason: "ABANDONED" }, true, { reason: "CANCELLED" }]);
  await expect
    .poll(() => log.lines.map(({ message }) => message))
    .toContain("an abandoned operation has returned; what came of it is dropped");
  expect(log.lines.filter(({ fields }) => fields.audit)).toMatchObject([
    { level: "warn", fields: { action: "abandon", manager: "mill", address: "test", resource: "loaf of rye", ...by } },
  ]);
  expect(tested.report).toMatchObject({ inFlight: 0, queued: 0 });
  // The same loaf can be baked again only under another name: its row says what became of it.
  expect(await failure(tested.calls.bake({ sack: "rye" }))).toMatchObject({ reason: "ROW_EXISTS" });
});

test("who still waits for what is abandoned is told first, also where it was called with others under one request", async () => {
  const { manager, begun, release, requests } = mill();
  await using tested = await testManager(manager);
  const { supervisor, calls } = tested;
  const grinding = failure(calls.grind({ sack: "oats" }));
  const waiting = calls.grind({ sack: "oats" });
  await begun(1);
  const { operations } = supervisor.abandon("mill", "test", { resource: "oats", reason: "a stone" });
  expect(await grinding).toMatchObject({
    reason: "ABANDONED",
    code: "ABORTED",
    outcome: "maybe-executed",
    message: "mill/test: grind was abandoned: a stone",
  });
  // The next of the lane runs.
  await begun(2);
  const [first] = operations;
  expect(() => supervisor.abandon("mill", "test", { requestId: first!.requestId, reason: "again" })).toThrow(
    expect.objectContaining({ reason: "NOT_RUNNING", code: "NOT_FOUND" }),
  );
  release();
  expect(await waiting).toBe("oats ground");

  const watched = failure(calls.watch({ sack: "oats" }).result);
  await begun(1);
  const { operations: watches } = supervisor.abandon("mill", "test", {
    requestId: requests[0]!,
    reason: "nobody looks",
  });
  expect(watches).toMatchObject([{ operation: "watch" }]);
  expect(await watched).toMatchObject({ reason: "ABANDONED" });
  expect(tested.report.inFlight).toBe(0);
  release();
});

test("what is malformed, unknown or not running is refused by name", async () => {
  const { manager } = mill();
  await using tested = await testManager(manager);
  const { supervisor } = tested;
  const reason = "why";
  const refusals: readonly (readonly [object, RegExp])[] = [
    [{ reason }, /expected either resource or requestId/],
    [{ reason, resource: "a", requestId: "b" }, /expected either/],
    [{ resource: "a" }, /reason: expected 1 to 500 characters, got undefined/],
    [{ resource: "a", reason: " " }, /reason: expected 1 to 500 characters, got " "/],
    [{ resource: "", reason }, /resource: expected 1 to 200 characters, got ""/],
    [{ requestId: 7, reason }, /requestId: expected 1 to 200 characters, got 7/],
    [{ resource: "a", reason, by: "" }, /by: expected 1 to 200 characters/],
    [{ resorce: "a", reason }, /unknown option "resorce"; did you mean "resource"/],
  ];
  for (const [options, message] of refusals)
    expect(() => supervisor.abandon("mill", "test", options as never)).toThrow(message);
  expect(() => supervisor.abandon("mill", "elsewhere", { resource: "a", reason })).toThrow(
    expect.objectContaining({ reason: "NO_RESPONDERS" }),
  );
  expect(() => supervisor.abandon("mill", "test", { resource: "a", reason })).toThrow(
    expect.objectContaining({ reason: "NOT_RUNNING", message: `abandon: mill/test: nothing runs or is held for "a"` }),
  );
});

describe("over NATS", () => {
  test("a caller in another process is told, and the next of the lane runs", async () => {
    const { manager, begun, release } = mill();
    await using fleet = await natsCluster({ hosts: { east: [manager] } });
    const volume = fleet.ref(mills);
    const baking = failure(volume.bake({ sack: "rye" }));
    await begun(1);
    const next = volume.grind({ sack: "rye" });
    const report = fleet.host("east").abandon("mill", "east", { resource: "loaf of rye", reason: "broken" });
    expect(report.resources).toEqual(["loaf of rye"]);
    expect(await baking).toMatchObject({ reason: "ABANDONED", outcome: "maybe-executed", address: "east" });
    await begun(2);
    release();
    expect(await next).toBe("rye ground");
  });
});
