import { ManualClock } from "@reeve/runtime";
import { expect, test } from "vitest";
import { FirstReports } from "./first-reports.ts";

const never = new AbortController().signal;

function bench(options: { maxWaiting?: number } = {}) {
  const clock = new ManualClock();
  const reports = new FirstReports({ clock, gatherMs: 200, maxWaiting: 10, ...options });
  const told: string[] = [];
  const wait = (name: string, signal: AbortSignal = never, manager = "volume") =>
    reports.heardOf(manager, signal).then(
      () => told.push(name),
      (error: Error) => told.push(`${name}: ${error.message}`),
    );
  return { clock, reports, told, wait };
}

test("placements wait for the first report and a little longer, in order, with no timer until it comes", async () => {
  const { clock, reports, told, wait } = bench();
  void wait("first");
  void wait("second");
  expect(clock.pending).toBe(0);
  await clock.advance(3_600_000);
  expect([told, reports.waiting]).toEqual([[], 2]);
  reports.reported("volume");
  reports.reported("volume");
  await clock.advance(199);
  expect(told).toEqual([]);
  await clock.advance(1);
  expect([told, reports.waiting, clock.pending]).toEqual([["first", "second"], 0, 0]);
  await wait("later");
  expect(told).toEqual(["first", "second", "later"]);
});

test("each manager's reports are its own", async () => {
  const { clock, reports, told, wait } = bench();
  void wait("volume");
  void wait("network", never, "network");
  reports.reported("network");
  await clock.advance(200);
  expect(told).toEqual(["network"]);
});

test("who is aborted leaves with the signal's reason and makes room", async () => {
  const { clock, reports, told, wait } = bench({ maxWaiting: 1 });
  const controller = new AbortController();
  void wait("gone", controller.signal);
  controller.abort(new Error("deadline"));
  await clock.advance(0);
  expect([told, reports.waiting]).toEqual([["gone: deadline"], 0]);
  await wait("late", controller.signal);
  expect(told.at(-1)).toBe("late: deadline");
  void wait("next");
  reports.reported("volume");
  await clock.advance(200);
  expect(told.at(-1)).toBe("next");
});

test("when too many wait, the next is refused and told when to try again", async () => {
  const { reports, wait } = bench({ maxWaiting: 2 });
  void wait("first");
  void wait("second");
  await expect(reports.heardOf("network", never)).rejects.toMatchObject({
    code: "RESOURCE_EXHAUSTED",
    reason: "MAILBOX_FULL",
    outcome: "not-executed",
    data: { retryAfterMs: 200 },
  });
});
