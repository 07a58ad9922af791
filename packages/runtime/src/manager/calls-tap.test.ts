import { type ReeveError, reeveError } from "@reeve/contract";
import { expect, test } from "vitest";
import { ManualClock } from "../base/manual-clock.ts";
import { type CallEnd, type CallMaker, InspectionBus } from "../inspection/index.ts";
import { CallsTap } from "./calls-tap.ts";

/** A call whose end the test tells. */
function callBy(user: string) {
  let ended = (_: ReeveError | undefined): void => {};
  const call = {
    ...{
      operation: { name: "get" },
      requestId: "r",
      caller: "block-01",
      principal: { user, tenant: "acme", roles: [] },
    },
    settled: false,
    onDetach: (callback: (error?: ReeveError) => void) => {
      ended = callback;
    },
  };
  return {
    call,
    end: (error?: ReeveError) => {
      call.settled = true;
      ended(error);
    },
    accept: () => ended(undefined),
  };
}

const { call } = callBy("ada");

test("at most two hundred calls a second are shown, and each says how many it stands for", async () => {
  const clock = new ManualClock();
  const bus = new InspectionBus();
  const shown: number[] = [];
  bus.observe((frame) => {
    if (frame.type === "event") shown.push(frame.event.count ?? 1);
  });
  const tap = new CallsTap(bus, clock);
  const make = (calls: number): void => {
    for (let index = 0; index < calls; index++) if (tap.admits()) tap.show(call, "a", undefined, {});
  };
  make(1_000);
  expect(shown).toHaveLength(200);
  await clock.advance(1_000);
  make(1_000);
  expect(shown.length).toBeGreaterThan(380);
  expect(shown.length).toBeLessThanOrEqual(400);
  const told = shown.reduce((sum, count) => sum + count, 0);
  await clock.advance(1_000);
  make(64);
  expect(shown.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(told + 64);
  expect(told).toBeGreaterThan(1_200);
});

test("a quiet manager has each of its calls shown", async () => {
  const clock = new ManualClock();
  const tap = new CallsTap(new InspectionBus(), clock);
  for (let index = 0; index < 500; index++) {
    expect(tap.admits()).toBe(true);
    tap.show(call, "a", undefined, {});
    await clock.advance(10);
  }
});

function tapped() {
  const clock = new ManualClock();
  const bus = new InspectionBus();
  const makers: (CallMaker | undefined)[] = [];
  const ends: CallEnd[] = [];
  bus.observe(
    (_, maker) => makers.push(maker),
    (_, end) => ends.push(end),
  );
  return { clock, makers, ends, tap: new CallsTap(bus, clock) };
}

test("a call is shown with who makes it, and told of again with its end", async () => {
  const { clock, makers, ends, tap } = tapped();
  const [good, bad] = [callBy("ada"), callBy("bob")];
  for (const { call } of [good, bad]) tap.show(call, "a", undefined, {});
  expect(makers).toEqual([
    { caller: "block-01", user: "ada", tenant: "acme" },
    { caller: "block-01", user: "bob", tenant: "acme" },
  ]);
  await clock.advance(250);
  good.end();
  bad.end(reeveError("NOT_SERVING", "volume/a drains", { outcome: "not-executed", data: { state: "draining" } }));
  const error = { reason: "NOT_SERVING", message: "volume/a drains", outcome: "not-executed" };
  expect(ends).toEqual([{ durationMs: 250 }, { durationMs: 250, error }]);
});

test("a cast that was accepted goes on: its end is told when it comes", async () => {
  const { clock, ends, tap } = tapped();
  const cast = callBy("ada");
  tap.show(cast.call, "a", undefined, {});
  cast.accept();
  await clock.advance(1_000);
  expect(ends).toEqual([]);
  cast.end();
  expect(ends).toEqual([{ durationMs: 1_000 }]);
});
