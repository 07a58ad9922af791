import { defineManager } from "@reeve/runtime";
import { localCluster } from "@reeve/testing";
import { expect, test } from "vitest";
import { choreStore, chores, hosts, settle, type Turn } from "./hosts.ts";

const everySecond = { every: "1s", scope: "cluster" } as const;

test("of three members one runs the task, and the others begin only when it has drained", async () => {
  const { clock, start } = hosts();
  const turns: string[] = [];
  const run = ({ address }: Turn) => turns.push(address);
  const members = { a: await start("a", { ...everySecond, run }), b: await start("b", { ...everySecond, run }) };
  await start("c", { ...everySecond, run });
  await clock.advance(10_000);
  expect(turns.length).toBeGreaterThanOrEqual(8);
  expect(new Set(turns).size).toBe(1);
  const [first] = turns as ["a" | "b"];
  turns.length = 0;
  await settle(clock, members[first].supervisor.stop());
  await clock.advance(5_000);
  expect(turns.length).toBeGreaterThanOrEqual(2);
  expect(turns).not.toContain(first);
  expect(new Set(turns).size).toBe(1);
});

test("in no cluster each runs it", async () => {
  const { clock, start } = hosts({ cluster: false });
  const turns: string[] = [];
  const run = ({ address }: Turn) => turns.push(address);
  for (const host of ["a", "b"]) await start(host, { ...everySecond, run });
  await clock.advance(3_000);
  expect(turns.filter((by) => by === "a")).toHaveLength(3);
  expect(turns.filter((by) => by === "b")).toHaveLength(3);
});

test("one that drains while a turn runs lets go after its turn, and no other begins before", async () => {
  const { clock, start } = hosts();
  const seen: string[] = [];
  const run = async ({ address, signal }: Turn) => {
    seen.push(`${address} begins`);
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    // What it does last takes longer than a look of the others.
    await new Promise<void>((resolve) => clock.setTimeout(resolve, 5_000));
    seen.push(`${address} ends`);
  };
  const a = await start("a", { ...everySecond, run });
  await clock.advance(2_000);
  await start("b", { ...everySecond, run });
  await clock.advance(2_000);
  expect(seen).toEqual(["a begins"]);
  await settle(clock, a.supervisor.stop());
  await clock.advance(4_000);
  expect(seen).toEqual(["a begins", "a ends", "b begins"]);
});

test("one whose turn ignores the drain keeps the lease until it expires, and is fenced before another begins", async () => {
  const { clock, start } = hosts();
  const seen: unknown[] = [];
  let release = () => {};
  const run = async ({ address, store }: Turn) => {
    seen.push(`${address} begins`);
    if (address === "b") return;
    await new Promise<void>((resolve) => {
      release = resolve;
    });
    await store
      .transaction((tx) => tx.insert("marks", { id: "late", by: address }))
      .then(
        () => seen.push("accepted"),
        () => seen.push("refused"),
      );
  };
  const a = await start("a", { ...everySecond, run });
  await clock.advance(2_000);
  await start("b", { every: "10s", scope: "cluster", run });
  const stopping = a.supervisor.stop();
  await clock.advance(11_000);
  expect(seen).toEqual(["a begins"]);
  await settle(clock, stopping);
  await clock.advance(20_000);
  expect(seen.slice(0, 2)).toEqual(["a begins", "b begins"]);
  release();
  await clock.advance(1_000);
  expect(seen).toContain("refused");
  expect(seen).not.toContain("accepted");
});

test("a runner that is paused in its turn is followed, and writes nothing when it comes back", async () => {
  const { clock, start } = hosts();
  const accepted: string[] = [];
  const refused: unknown[] = [];
  let n = 0;
  const gates = new Map<string, () => void>();
  const run = async ({ address, store }: Turn) => {
    if (address === "a") await new Promise<void>((resolve) => gates.set(address, resolve));
    n += 1;
    await store
      .transaction((tx) => tx.insert("marks", { id: `${n}`, by: address }))
      .then(
        () => accepted.push(address),
        (error) => refused.push(error),
      );
  };
  const a = await start("a", { ...everySecond, run });
  await clock.advance(1_500);
  const b = await start("b", { ...everySecond, run });
  await clock.advance(8_000);
  expect([gates.size, accepted]).toEqual([1, []]);
  a.pause();
  await clock.advance(12_000);
  expect(new Set(accepted)).toEqual(new Set(["b"]));
  gates.get("a")!();
  await clock.advance(0);
  expect(refused).toMatchObject([{ reason: "FENCED" }]);
  a.resume();
  await clock.advance(5_000);
  expect(new Set(accepted)).toEqual(new Set(["b"]));
  const rows = await b.store.selectFrom("marks").selectAll().execute();
  expect(new Set(rows.map(({ by }) => by))).toEqual(new Set(["b"]));
});

test("a runner that crashes is followed, by its own next life or by another member", async () => {
  const { clock, start } = hosts();
  const turns: string[] = [];
  const run = ({ address }: Turn) => turns.push(address);
  const a = await start("a", { ...everySecond, run });
  await clock.advance(3_000);
  await start("b", { ...everySecond, run });
  await clock.advance(3_000);
  expect(new Set(turns)).toEqual(new Set(["a"]));
  a.supervisor.kill("chore", "a");
  turns.length = 0;
  await clock.advance(15_000);
  // Its next life at the same address, or the other member: one of them, and again and again.
  expect(turns.length).toBeGreaterThanOrEqual(5);
  expect(new Set(turns).size).toBe(1);
});

test("with `durable` the turns are the cluster's: hourly, whoever runs them, and at once when one has been missed", async () => {
  const { clock, start } = hosts();
  const minute = 60_000;
  const runs: [string, number][] = [];
  const hourly = { every: "1h", scope: "cluster", durable: true } as const;
  const run = ({ address }: Turn) => runs.push([address, Math.round(clock.now() / minute)]);
  const pass = async (minutes: number) => {
    for (let passed = 0; passed < minutes; passed++) await clock.advance(minute);
  };
  const a = await start("a", { ...hourly, run });
  await clock.advance(1_000);
  const b = await start("b", { ...hourly, run });
  await pass(70);
  expect(runs).toEqual([["a", 60]]);
  await settle(clock, a.supervisor.stop());
  await pass(60);
  expect(runs.slice(1)).toEqual([["b", 120]]);
  await settle(clock, b.supervisor.stop());
  await pass(90);
  await start("c", { ...hourly, run });
  await pass(2);
  expect(runs.slice(2).map(([by]) => by)).toEqual(["c"]);
}, 30_000);

test.each([
  ["any", true, 'periodic.sweep.scope: expected "member" or "cluster", got "any"'],
  ["cluster", false, "periodic.sweep.scope: the manager has no store"],
])("scope %j of a manager whose store is %j is refused: %s", async (scope, stored, message) => {
  const definition = defineManager({
    contract: chores,
    ...(stored ? { store: choreStore } : {}),
    setup: () => ({ operations: { look: () => {} }, periodic: { sweep: { every: "1s", scope, run() {} } as never } }),
  });
  await expect(localCluster([definition])).rejects.toMatchObject({ message: expect.stringContaining(message) });
});
