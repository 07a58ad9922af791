import { ManualClock } from "@reeve/runtime/internal";
import { expect, test } from "vitest";
import { FirstReports } from "./first-reports.ts";
import { PendingPlacements } from "./pending-placements.ts";

const never = new AbortController().signal;

function bench() {
  const clock = new ManualClock();
  const pending = new PendingPlacements({ clock, maxWaiting: 10, retryAfterMs: 200 });
  const asked: number[] = [];
  const reports = new FirstReports({ clock, pending, gatherMs: 200, ask: () => asked.push(clock.now()) });
  const told: string[] = [];
  const forever = { knownUntil: Number.POSITIVE_INFINITY, unknownUntil: Number.POSITIVE_INFINITY };
  const wait = (name: string, manager = "volume", deadlines = forever) =>
    reports.heardOf(manager, never, deadlines).then((heard) => told.push(heard ? name : `${name} in vain`));
  return { clock, pending, reports, asked, told, wait };
}

test("placements wait for the first report and a little longer, in order, with no timer until it comes", async () => {
  const { clock, pending, reports, told, wait } = bench();
  void wait("first");
  void wait("second");
  expect(clock.pending).toBe(0);
  await clock.advance(3_600_000);
  expect([told, pending.size]).toEqual([[], 2]);
  reports.reported("volume");
  reports.reported("volume");
  await clock.advance(199);
  pending.notify("volume");
  expect(told).toEqual([]);
  await clock.advance(1);
  expect([told, pending.size, clock.pending]).toEqual([["first", "second"], 0, 0]);
  await wait("later");
  expect(told).toEqual(["first", "second", "later"]);
});

test("each manager's reports are its own", async () => {
  const { clock, reports, told, wait } = bench();
  void wait("volume");
  void wait("network", "network");
  reports.reported("network");
  await clock.advance(200);
  expect(told).toEqual(["network"]);
});

test("when a manager's hosts have all gone, placements ask for reports, and gather them anew when one comes", async () => {
  const { clock, reports, asked, told, wait } = bench();
  reports.reported("volume");
  await clock.advance(200);
  reports.forget("volume");
  void wait("patient");
  expect(asked).toEqual([200]);
  await clock.advance(10_000);
  reports.reported("volume");
  await clock.advance(199);
  expect(told).toEqual([]);
  await clock.advance(1);
  expect([told, clock.pending]).toEqual([["patient"], 0]);
});

test("a gathering that its manager's hosts have left does not count for those that come later", async () => {
  const { clock, reports, told, wait } = bench();
  reports.reported("volume");
  await clock.advance(100);
  reports.forget("volume");
  reports.reported("volume");
  void wait("second");
  await clock.advance(150);
  expect(told).toEqual([]);
  await clock.advance(50);
  expect(told).toEqual(["second"]);
});

test("deadlines has an end, another one for a manager that was never heard of", async () => {
  const { clock, reports, told, wait } = bench();
  reports.reported("volume");
  reports.forget("volume");
  void wait("known", "volume", { knownUntil: 5_000, unknownUntil: 9_000 });
  void wait("unknown", "network", { knownUntil: 5_000, unknownUntil: 9_000 });
  await clock.advance(4_999);
  expect(told).toEqual([]);
  await clock.advance(1);
  expect(told).toEqual(["known in vain"]);
  await clock.advance(4_000);
  expect([told, clock.pending]).toEqual([["known in vain", "unknown in vain"], 0]);
});

test("what is remembered of managers that have gone is bounded", async () => {
  const { clock, reports, told, wait } = bench();
  for (let index = 0; index < 1_025; index++) {
    reports.reported(`m${index}`);
    reports.forget(`m${index}`);
  }
  void wait("forgotten", "m0", { knownUntil: 0, unknownUntil: 5_000 });
  void wait("remembered", "m1", { knownUntil: 0, unknownUntil: 5_000 });
  await clock.advance(0);
  expect(told).toEqual(["remembered in vain"]);
  await clock.advance(5_000);
  expect(told).toEqual(["remembered in vain", "forgotten in vain"]);
});
