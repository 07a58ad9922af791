import { ManualClock } from "@reeve/runtime";
import { expect, test } from "vitest";
import { FirstReports } from "./first-reports.ts";
import { WaitingRoom } from "./waiting-room.ts";

const never = new AbortController().signal;

function bench() {
  const clock = new ManualClock();
  const room = new WaitingRoom({ clock, maxWaiting: 10, retryAfterMs: 200 });
  const reports = new FirstReports({ clock, room, gatherMs: 200 });
  const told: string[] = [];
  const wait = (name: string, manager = "volume") => reports.heardOf(manager, never).then(() => told.push(name));
  return { clock, room, reports, told, wait };
}

test("placements wait for the first report and a little longer, in order, with no timer until it comes", async () => {
  const { clock, room, reports, told, wait } = bench();
  void wait("first");
  void wait("second");
  expect(clock.pending).toBe(0);
  await clock.advance(3_600_000);
  expect([told, room.size]).toEqual([[], 2]);
  reports.reported("volume");
  reports.reported("volume");
  await clock.advance(199);
  room.tell("volume");
  expect(told).toEqual([]);
  await clock.advance(1);
  expect([told, room.size, clock.pending]).toEqual([["first", "second"], 0, 0]);
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
