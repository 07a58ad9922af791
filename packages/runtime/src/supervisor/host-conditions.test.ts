import { expect, test } from "vitest";
import { ManualClock } from "../base/manual-clock.ts";
import { HostConditions } from "./host-conditions.ts";

function conditions(clock: ManualClock) {
  const told: string[] = [];
  let link: (connected: boolean) => void = () => {};
  const host = new HostConditions({
    clock,
    transport: {
      onLink: (listener) => {
        link = listener;
        return () => {};
      },
    },
    onRaised: ({ reason }) => told.push(`+${reason}`),
    onCleared: (reason) => told.push(`-${reason}`),
  });
  return { host, told, link: (connected: boolean) => link(connected) };
}

test("an event loop held up for more than five seconds is told, and that it runs again", async () => {
  const clock = new ManualClock();
  const { told, host } = conditions(clock);
  await clock.advance(3_000);
  clock.stall(4_000);
  await clock.advance(1_000);
  expect(told).toEqual([]);
  clock.stall(6_500);
  await clock.advance(0);
  expect(told).toEqual(["+LOOP_LAGGING"]);
  expect(host.causes).toMatchObject([{ message: "the event loop was held up for 5500 ms" }]);
  await clock.advance(1_000);
  expect(told).toEqual(["+LOOP_LAGGING", "-LOOP_LAGGING"]);
  host.close();
  expect(clock.pending).toBe(0);
});

test("a lost link is told once, and its return", () => {
  const { told, link, host } = conditions(new ManualClock());
  link(false);
  expect(host.causes).toMatchObject([{ reason: "LINK_LOST" }]);
  link(true);
  link(true);
  expect(told).toEqual(["+LINK_LOST", "-LINK_LOST"]);
  expect(host.causes).toEqual([]);
});
