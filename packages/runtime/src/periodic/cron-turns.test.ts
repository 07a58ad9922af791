import { expect, test } from "vitest";
import { ManualClock } from "../base/manual-clock.ts";
import { recordingLogger } from "../telemetry/index.ts";
import { createPeriodic } from "./periodic.ts";

const minute = 60_000;
const hour = 60 * minute;

/** A clock whose wall time somebody sets. */
class SetClock extends ManualClock {
  offset = 0;
  override wallNow() {
    return super.wallNow() + this.offset;
  }
}

function begin(
  startedAt: string,
  cron: string,
  options: { timezone?: string; jitter?: number } = {},
  random = () => 0,
) {
  const clock = new SetClock(Date.parse(startedAt));
  const starts: string[] = [];
  const run = () => starts.push(new Date(clock.wallNow()).toISOString());
  const periodic = createPeriodic({
    tasks: { nightly: { cron, ...options, run } },
    context: () => undefined,
    log: recordingLogger(),
    clock,
    random,
  });
  periodic.start();
  return { clock, starts, report: () => periodic.report().nightly! };
}

test("a pattern is read in UTC unless a time zone is given", async () => {
  const utc = begin("2026-01-01T00:00:00Z", "30 2 * * *");
  await utc.clock.advance(48 * hour);
  expect(utc.starts).toEqual(["2026-01-01T02:30:00.000Z", "2026-01-02T02:30:00.000Z"]);
  const warsaw = begin("2026-01-01T00:00:00Z", "30 2 * * *", { timezone: "Europe/Warsaw" });
  await warsaw.clock.advance(48 * hour);
  expect(warsaw.starts).toEqual(["2026-01-01T01:30:00.000Z", "2026-01-02T01:30:00.000Z"]);
});

test("a time of day that the change to summer time leaves out is turned to once, when the gap ends", async () => {
  // Warsaw, 29 March 2026: 02:00 becomes 03:00, at 01:00 UTC.
  const { clock, starts, report } = begin("2026-03-28T12:00:00Z", "30 2 * * *", { timezone: "Europe/Warsaw" });
  await clock.advance(48 * hour);
  expect(starts).toEqual(["2026-03-29T01:00:00.000Z", "2026-03-30T00:30:00.000Z"]);
  expect(report().skipped).toBe(0);
});

test("a time of day that the change to winter time repeats is turned to once", async () => {
  // Warsaw, 25 October 2026: 03:00 becomes 02:00, at 01:00 UTC.
  const { clock, starts } = begin("2026-10-24T12:00:00Z", "30 2 * * *", { timezone: "Europe/Warsaw" });
  await clock.advance(48 * hour);
  expect(starts).toEqual(["2026-10-25T00:30:00.000Z", "2026-10-26T01:30:00.000Z"]);
});

test("an hourly pattern neither loses nor repeats an hour at either change", async () => {
  for (const start of ["2026-03-28T22:30:00Z", "2026-10-24T22:30:00Z"]) {
    const { clock, starts } = begin(start, "0 * * * *", { timezone: "Europe/Warsaw" });
    await clock.advance(6 * hour);
    expect(starts.map((at) => Date.parse(at) - Date.parse(start))).toEqual(
      [0, 1, 2, 3, 4, 5].map((n) => n * hour + hour / 2),
    );
  }
});

test("a wall clock set back while waiting delays the turn to its wall time; one set back after it repeats nothing", async () => {
  const { clock, starts } = begin("2026-01-01T02:00:00Z", "0 3 * * *");
  await clock.advance(30 * minute);
  clock.offset = -hour;
  await clock.advance(hour);
  expect(starts).toEqual([]);
  await clock.advance(30 * minute);
  expect(starts).toEqual(["2026-01-01T03:00:00.000Z"]);
  clock.offset = -3 * hour;
  await clock.advance(3 * hour);
  expect(starts).toHaveLength(1);
});

test("a wall clock set forward over turns runs the task once, counts the others and goes on", async () => {
  const { clock, starts, report } = begin("2026-01-01T00:00:00Z", "*/10 * * * *");
  await clock.advance(5 * minute);
  clock.offset = hour;
  await clock.advance(10 * minute);
  expect(starts).toEqual(["2026-01-01T01:06:00.000Z", "2026-01-01T01:10:00.000Z"]);
  expect(report().skipped).toBe(5);
});

test("a clock that leaps by years does not hold up the process counting", async () => {
  const { clock, starts, report } = begin("2026-01-01T00:00:00Z", "* * * * * *");
  clock.offset = 365 * 24 * hour;
  await clock.advance(1_000);
  expect(starts).toHaveLength(1);
  expect(report().skipped).toBe(1_000);
});

test("jitter is kept shorter than the time to the next turn", async () => {
  const { clock, starts } = begin("2026-01-01T00:00:00Z", "*/10 * * * *", { jitter: 2 * hour }, () => 0.9);
  await clock.advance(30 * minute);
  expect(starts).toEqual(["2026-01-01T00:19:00.000Z", "2026-01-01T00:29:00.000Z"]);
});

test("a pattern with no more turns plans none", async () => {
  const { clock, starts, report } = begin("2026-12-31T23:00:00Z", "0 0 0 1 1 * 2027");
  await clock.advance(2 * hour);
  expect(starts).toEqual(["2027-01-01T00:00:00.000Z"]);
  expect(report().nextInMs).toBe(undefined);
  expect(clock.pending).toBe(0);
});
