import { reeveError } from "@reeve/contract";
import { DriverError } from "@reeve/driver-sdk";
import { expect, test } from "vitest";
import { attachLamp, attachReadyLamp } from "./attach-lamp.fixture.ts";
import { LampScript } from "./lamp.fixture.ts";

const elsewhere = reeveError("DRIVER_LOST", "it is another's");

test("a driver at rest is closed, refuses calls with the cause, tells no loss, and is watched by nobody", async () => {
  const { attached, driver, clock, events, script } = await attachReadyLamp();
  let closed = 0;
  script.close = () => void closed++;
  await attached.rest(elsewhere);
  expect([closed, attached.healthy, clock.pending]).toEqual([1, false, 0]);
  await expect(driver.dim({ percent: 5 })).rejects.toMatchObject({
    ...{ reason: "DRIVER_LOST", retryable: true, message: expect.stringContaining("it is another's") },
  });
  await attached.rest(elsewhere);
  attached.start();
  await clock.advance(0);
  expect(await driver.dim({ percent: 5 })).toBe(5);
  expect([closed, ...events]).toEqual([1, "ready", "ready"]);
  await attached.close();
  expect([closed, clock.pending]).toEqual([2, 0]);
});

test("a set-up that is let go of is not tried again; what it comes to is closed, and before that no other begins", async () => {
  const { attached, clock, events, script } = attachLamp({ abortGrace: "5s" });
  const told: string[] = [];
  const first = Promise.withResolvers<void>();
  script.setup = () => {
    told.push("setup");
    return first.promise;
  };
  script.close = () => void told.push("close");
  attached.start();
  await clock.advance(0);
  const resting = attached.rest(elsewhere);
  attached.start();
  await clock.advance(1_000);
  expect(told).toEqual(["setup"]);
  script.setup = () => void told.push("setup");
  first.resolve();
  await resting;
  await clock.advance(0);
  expect([told, events]).toEqual([["setup", "close", "setup"], ["ready"]]);
  expect(attached.counters().failedSetups).toBe(0);
  await attached.close();
  expect(clock.pending).toBe(0);
});

test("a driver that was lost and is let go of is not set up in the background", async () => {
  const script = new LampScript();
  let setups = 0;
  script.setup = () => {
    setups++;
    throw new DriverError("UNAVAILABLE", "no power");
  };
  const { attached, clock, events } = attachLamp({ retryAfter: "1s", retryAtMost: "1s" }, script);
  attached.start();
  await clock.advance(10_000);
  const before = setups;
  expect(before).toBeGreaterThan(5);
  await attached.rest(elsewhere);
  const told = events.length;
  await clock.advance(60_000);
  expect([setups, events.length, clock.pending]).toEqual([before, told, 0]);
});

test("let go of again before it was set up again, it is set up no more; started twice meanwhile, once", async () => {
  const { attached, clock, script } = await attachReadyLamp();
  const closed = Promise.withResolvers<void>();
  let setups = 0;
  script.setup = () => void setups++;
  script.close = () => closed.promise;
  const restings = [attached.rest(elsewhere)];
  attached.start();
  restings.push(attached.rest(elsewhere));
  attached.start();
  restings.push(attached.rest(elsewhere));
  closed.resolve();
  await Promise.all(restings);
  await clock.advance(60_000);
  expect([setups, clock.pending]).toEqual([0, 0]);
  attached.start();
  restings.push(attached.rest(elsewhere));
  attached.start();
  await clock.advance(0);
  await clock.advance(0);
  expect([setups, attached.healthy]).toEqual([1, true]);
});

test("closed for good while it rests, it waits for that, and is started no more", async () => {
  const { attached, clock, script } = await attachReadyLamp();
  const closing = Promise.withResolvers<void>();
  const told: string[] = [];
  script.setup = () => void told.push("setup");
  script.close = async () => {
    told.push("close");
    await closing.promise;
    told.push("closed");
  };
  void attached.rest(elsewhere);
  attached.start();
  const over = attached.close().then(() => told.push("over"));
  await clock.advance(0);
  expect(told).toEqual(["close"]);
  closing.resolve();
  await over;
  attached.start();
  await clock.advance(60_000);
  expect([told, clock.pending]).toEqual([["close", "closed", "over"], 0]);
});
