import { AsyncLocalStorage } from "node:async_hooks";
import { DriverError } from "@reeve/driver-sdk";
import { expect, test } from "vitest";
import { failure } from "../base/failure.test-kit.ts";
import { attachLamp } from "./attach-lamp.fixture.ts";
import type { CallNotes } from "./caller.ts";
import type { DriverLimits } from "./driver-limits.ts";
import { LampScript } from "./lamp.fixture.ts";

/** A driver that is up, and what was noted of calls on it. */
async function attachNoted(limits: DriverLimits = {}, work?: CallNotes) {
  const noted: string[] = [];
  const notes: CallNotes = work ?? {
    entered: ({ driver, method }) => {
      noted.push(`${driver}: ${method} entered`);
      return () => noted.push(`${driver}: ${method} rested`);
    },
  };
  const script = new LampScript();
  const lamp = attachLamp(limits, script, notes);
  lamp.attached.start();
  await lamp.clock.advance(0);
  return { ...lamp, noted };
}

const deaf = () => {
  const { promise, resolve } = Promise.withResolvers<number>();
  return { promise, finish: () => resolve(1) };
};

test("a call is noted from its slot to its return, and every call, item and check is given the epoch", async () => {
  const { driver, script, noted } = await attachNoted();
  await driver.dim({ percent: 1 });
  for await (const _ of driver.films!.play({ frames: 2 })) expect(noted.at(-1)).toBe("test-lamp: films.play entered");
  expect(noted).toEqual([
    "test-lamp: dim entered",
    "test-lamp: dim rested",
    "test-lamp: films.play entered",
    "test-lamp: films.play rested",
  ]);
  expect(script.epochs).toEqual({ setup: 7, dim: 7 });
});

test("one that was let go of has not come to rest before it returns, and the log tells what it answered", async () => {
  const { driver, script, clock, noted, log } = await attachNoted({ abortGrace: "1s" });
  const { promise, finish } = deaf();
  script.dim = () => promise;
  const call = failure(driver.dim({ percent: 1 }, { timeout: "1s" }));
  await clock.advance(2_000);
  expect(await call).toMatchObject({ reason: "DEADLINE_EXCEEDED" });
  expect(noted).toEqual(["test-lamp: dim entered"]);
  finish();
  await clock.advance(0);
  expect(noted).toEqual(["test-lamp: dim entered", "test-lamp: dim rested"]);
  const returned = log.lines.find(({ message }) => message === "hung driver call returned");
  expect(returned?.fields).toMatchObject({ method: "dim", answer: 1 });
});

test("the end of the session brings it to rest: when it was closed, or when closing took too long", async () => {
  for (const hangs of [false, true]) {
    const { attached, driver, script, clock, noted } = await attachNoted({ abortGrace: "1s", closeTimeout: "10s" });
    const closing = deaf();
    const { promise, finish } = deaf();
    script.dim = () => promise;
    if (hangs) script.close = () => closing.promise.then(() => {});
    const call = failure(driver.dim({ percent: 1 }, { timeout: "1s" }));
    await clock.advance(2_000);
    await call;
    const closed = attached.close();
    await clock.advance(9_999);
    expect(noted).toEqual(["test-lamp: dim entered"]);
    await clock.advance(hangs ? 10_001 : 1);
    await closed;
    expect(noted).toEqual(["test-lamp: dim entered", "test-lamp: dim rested"]);
    finish();
    await clock.advance(0);
    expect(noted).toHaveLength(2);
  }
});

test("a call that is refused does not enter the driver and leaves its slot", async () => {
  const refusal = new Error("abandoned");
  const { driver, attached, script } = await attachNoted(
    { maxConcurrent: 1 },
    {
      entered: () => {
        throw refusal;
      },
    },
  );
  script.dim = () => expect.fail("it was called");
  expect(await failure(driver.dim({ percent: 1 }))).toBe(refusal);
  expect(await failure(driver.dim({ percent: 1 }))).toBe(refusal);
  expect(attached.counters()).toMatchObject({ running: 0, waiting: 0 });
});

test("a check, and the set-up that follows it, do not run in the context of the call that was the occasion", async () => {
  const working = new AsyncLocalStorage<string>();
  const { driver, script, clock } = await attachNoted({ maxConcurrent: 1 });
  const seen: unknown[] = [];
  script.dim = () => Promise.reject(new DriverError("UNAVAILABLE", "gone"));
  script.check = () => {
    seen.push(working.getStore());
    throw new DriverError("UNIMPLEMENTED", "set me up anew");
  };
  script.setup = () => seen.push(working.getStore());
  await working.run("the work of somebody", () => failure(driver.dim({ percent: 1 })));
  await clock.advance(60_000);
  expect(seen.length).toBeGreaterThan(1);
  expect(seen.every((context) => context === undefined)).toBe(true);
});
