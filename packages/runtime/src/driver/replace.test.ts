import { reeveError } from "@reeve/contract";
import { DriverError, defineDriver } from "@reeve/driver-sdk";
import { expect, test } from "vitest";
import { z } from "zod";
import { attachLamp, attachReadyLamp } from "./attach-lamp.fixture.ts";
import { LampScript, lamp, lampPort } from "./lamp.fixture.ts";

const free = new AbortController().signal;

/** Answers differently from the first, and tells what becomes of its sessions. */
function other(change: (script: LampScript) => void = () => {}) {
  const script = new LampScript();
  const told: string[] = [];
  script.setup = () => void told.push("setup");
  script.dim = (percent) => percent * 2;
  script.close = () => void told.push("close");
  change(script);
  return { script, told, driver: lamp({ script }) };
}

test("calls that run finish on the old driver, later ones go to the new, and the old is closed after its last call", async () => {
  const { attached, driver, clock, events, script } = await attachReadyLamp();
  let closed = 0;
  script.close = () => void closed++;
  const running = Promise.withResolvers<number>();
  script.dim = () => running.promise;
  const early = driver.dim({ percent: 5 });
  await clock.advance(0);
  const next = other();
  await attached.replace(next.driver, free);
  expect(await driver.dim({ percent: 5 })).toBe(10);
  expect(closed).toBe(0);
  running.resolve(1);
  expect(await early).toBe(1);
  await clock.advance(0);
  expect([closed, next.told, events]).toEqual([1, ["setup"], ["ready"]]);
  await attached.close();
  expect([closed, next.told, clock.pending]).toEqual([1, ["setup", "close"], 0]);
});

test("a driver that cannot be set up leaves the old one serving, and is told", async () => {
  const { attached, driver, events } = await attachReadyLamp();
  const next = other((script) => {
    script.setup = () => {
      throw new DriverError("INVALID_ARGUMENT", "no such lamp");
    };
  });
  await expect(attached.replace(next.driver, free)).rejects.toMatchObject({
    message: expect.stringContaining("no such lamp"),
  });
  expect(await driver.dim({ percent: 5 })).toBe(5);
  expect(events).toEqual(["ready"]);
  await attached.close();
});

test("one that hangs is given up after its timeout; what it comes to later is closed", async () => {
  const { attached, driver, clock } = await attachReadyLamp({ setupTimeout: "10s", abortGrace: "1s" });
  const hanging = Promise.withResolvers<void>();
  const next = other();
  next.script.setup = () => hanging.promise;
  const replaced = expect(attached.replace(next.driver, free)).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED" });
  await clock.advance(11_000);
  await replaced;
  expect(await driver.dim({ percent: 5 })).toBe(5);
  hanging.resolve();
  await clock.advance(0);
  expect(next.told).toEqual(["close"]);
  await attached.close();
  expect(clock.pending).toBe(0);
});

test("a driver that is down is replaced at once by what is set up without end", async () => {
  const script = new LampScript();
  script.setup = () => {
    throw new DriverError("UNAVAILABLE", "no power");
  };
  const { attached, driver, clock, events } = attachLamp({ retryAfter: "1s", retryAtMost: "1s" }, script);
  attached.start();
  await clock.advance(0);
  const next = other();
  await attached.replace(next.driver, free);
  await clock.advance(0);
  expect(await driver.dim({ percent: 5 })).toBe(10);
  expect(events.at(-1)).toBe("ready");
  await attached.close();
  expect([next.told, clock.pending]).toEqual([["setup", "close"], 0]);
});

test("a driver lost while the other is set up is replaced all the same, and its own new set-up is let go of", async () => {
  const { attached, driver, clock, events, script } = await attachReadyLamp({ checkEvery: "1s" });
  const gate = Promise.withResolvers<void>();
  const next = other();
  next.script.setup = () => gate.promise;
  const replaced = attached.replace(next.driver, free);
  script.check = () => {
    throw new DriverError("UNAVAILABLE", "no power");
  };
  const stuck = Promise.withResolvers<void>();
  let closed = 0;
  script.close = () => void closed++;
  script.setup = () => stuck.promise;
  await clock.advance(3_500);
  expect(attached.healthy).toBe(false);
  gate.resolve();
  await replaced;
  expect(await driver.dim({ percent: 5 })).toBe(10);
  stuck.resolve();
  await clock.advance(10_000);
  expect([closed, events.at(-1), attached.healthy]).toEqual([2, "ready", true]);
  await attached.close();
  expect(clock.pending).toBe(0);
});

test.each(["rest", "close"] as const)("a %s while the other is set up ends that, and it is closed", async (how) => {
  const { attached, clock } = await attachReadyLamp();
  const gate = Promise.withResolvers<void>();
  const next = other();
  next.script.setup = () => gate.promise;
  const replaced = expect(attached.replace(next.driver, free)).rejects.toMatchObject({ reason: "DRIVER_LOST" });
  await clock.advance(0);
  const over = how === "rest" ? attached.rest(reeveError("DRIVER_LOST", "it is another's")) : attached.close();
  gate.resolve();
  await clock.advance(0);
  await replaced;
  await over;
  expect(next.told).toEqual(["close"]);
  await attached.close();
  expect(clock.pending).toBe(0);
});

test("the end of a manager does not wait for calls on what was replaced", async () => {
  const { attached, driver, clock, script } = await attachReadyLamp({ closeTimeout: "1s", abortGrace: "1s" });
  let closed = 0;
  script.close = () => void closed++;
  script.dim = () => new Promise(() => {});
  const early = driver.dim({ percent: 5 });
  await clock.advance(0);
  await attached.replace(other().driver, free);
  const ended = expect(early).rejects.toMatchObject({ reason: "DRIVER_LOST" });
  const over = attached.close();
  await clock.advance(10_000);
  await Promise.all([over, ended]);
  expect([closed, clock.pending]).toEqual([1, 0]);
});

test("what was replaced is closed once, and the end of a manager waits for a close that has begun", async () => {
  const { attached, driver, clock, script } = await attachReadyLamp({ closeTimeout: "10s" });
  const [dimming, closing] = [Promise.withResolvers<number>(), Promise.withResolvers<void>()];
  let closes = 0;
  script.dim = () => dimming.promise;
  script.close = () => {
    closes++;
    return closing.promise;
  };
  const early = driver.dim({ percent: 5 });
  await clock.advance(0);
  await attached.replace(other().driver, free);
  dimming.resolve(5);
  expect(await early).toBe(5);
  await clock.advance(0);
  let over = false;
  const ended = attached.close().then(() => {
    over = true;
  });
  await clock.advance(1_000);
  expect([closes, over]).toEqual([1, false]);
  closing.resolve();
  await ended;
  expect([closes, clock.pending]).toEqual([1, 0]);
});

test("a driver of another kind, or of another port, is refused", async () => {
  const { attached, driver } = await attachReadyLamp();
  const plain = defineDriver(lampPort, {
    name: "test-lamp",
    options: z.object({}),
    setup: async () => ({}),
    methods: { dim: (_, { percent }) => percent, colours: () => [] },
    stats: () => ({ watts: 1 }),
  });
  await expect(attached.replace(plain({}) as never, free)).rejects.toMatchObject({
    ...{
      reason: "INVALID_OPTION",
      message: expect.stringContaining("expected test-lamp with films, fencing, got test-lamp with no abilities"),
    },
  });
  await expect(attached.replace({} as never, free)).rejects.toMatchObject({ reason: "INVALID_OPTION" });
  expect(await driver.dim({ percent: 5 })).toBe(5);
  await attached.close();
});
