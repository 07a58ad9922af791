import { reeveError } from "@reeve/contract";
import { DriverError, type Progress } from "@reeve/driver-sdk";
import { driverFailureOf } from "@reeve/driver-sdk/internal";
import { expect, test } from "vitest";
import { attachReadyLamp } from "./attach-lamp.fixture.ts";

const never = () => new Promise<never>(() => {});
const untilAborted = (signal: AbortSignal) =>
  new Promise<never>((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));

test("what a driver throws becomes DRIVER_FAILED with its code, its word on retrying and the cause", async () => {
  const { driver, script } = await attachReadyLamp();
  const full = new DriverError("RESOURCE_EXHAUSTED", "no sockets left", { data: { sockets: 4 } });
  script.dim = () => {
    throw full;
  };
  const failed = driver.dim({ percent: 1 });
  await expect(failed).rejects.toMatchObject({
    reason: "DRIVER_FAILED",
    code: "RESOURCE_EXHAUSTED",
    retryable: false,
    message: "test-lamp: dim: no sockets left",
    data: { driver: "test-lamp", method: "dim", sockets: 4, retryable: false },
    cause: full,
  });
  script.dim = () => {
    throw "smoke";
  };
  await expect(driver.dim({ percent: 1 })).rejects.toMatchObject({ code: "INTERNAL", cause: "smoke" });
  const own = reeveError("BUSY", "in use", { data: { resource: "r" } });
  script.dim = () => Promise.reject(own);
  await expect(driver.dim({ percent: 1 })).rejects.toBe(own);
});

test("a call past its deadline is aborted, and its caller gets DEADLINE_EXCEEDED once the driver came to rest", async () => {
  const { driver, clock, script, attached } = await attachReadyLamp({ timeout: "60s" });
  const timeline: string[] = [];
  script.dim = (_percent, signal) =>
    untilAborted(signal).catch((reason) => {
      timeline.push(`aborted at ${clock.now()}`);
      throw reason;
    });
  const call = driver.dim({ percent: 1 }, { timeout: "3s" }).catch((error) => error);
  await clock.advance(3_000);
  expect(await call).toMatchObject({ reason: "DEADLINE_EXCEEDED", outcome: "maybe-executed" });
  expect(timeline).toEqual(["aborted at 3000"]);
  const byDefault = driver.dim({ percent: 1 }).catch((error) => error);
  await clock.advance(59_999);
  expect(attached.counters().running).toBe(1);
  await clock.advance(1);
  expect(await byDefault).toMatchObject({ reason: "DEADLINE_EXCEEDED" });
  expect(attached.counters()).toMatchObject({
    running: 0,
    hung: 0,
    methods: { dim: { calls: 2, errors: 2, maxMs: 60_000 } },
  });
});

test("a caller's abort reaches the driver and ends the call with its reason, or CANCELLED", async () => {
  const { driver, script, clock } = await attachReadyLamp();
  script.dim = (_percent, signal) => untilAborted(signal);
  const reason = reeveError("DEADLINE_EXCEEDED", "the operation's own deadline");
  for (const [given, expected] of [
    [reason, { message: "the operation's own deadline" }],
    [undefined, { reason: "CANCELLED" }],
  ] as const) {
    const controller = new AbortController();
    const call = driver.dim({ percent: 1 }, { signal: controller.signal }).catch((error) => error);
    await clock.advance(0);
    controller.abort(given);
    expect(await call).toMatchObject(expected);
  }
  const before = await driver.dim({ percent: 1 }, { signal: AbortSignal.abort() }).catch((error) => error);
  expect(before).toMatchObject({ reason: "CANCELLED" });
});

test("whatever a call fails with tells that a driver call did, but for a caller's own reason to end it", async () => {
  const { driver, clock, script, attached } = await attachReadyLamp({ maxConcurrent: 1 });
  const failed = (call: Promise<unknown>) => call.then(() => undefined, driverFailureOf);
  script.dim = () => Promise.reject(new DriverError("DATA_LOSS", "x"));
  expect(await failed(driver.dim({ percent: 1 }))).toMatchObject({ passing: false });
  script.dim = () => Promise.reject(reeveError("BUSY", "x", { data: { resource: "r" } }));
  expect(await failed(driver.dim({ percent: 1 }))).toMatchObject({ error: { reason: "BUSY" } });
  script.dim = (_percent, signal) => untilAborted(signal);
  const [late, waiting] = [
    failed(driver.dim({ percent: 1 }, { timeout: "1s" })),
    failed(driver.dim({ percent: 2 }, { timeout: "1s" })),
  ];
  expect(attached.waitedFor()).toEqual(["test-lamp: dim", "test-lamp: dim"]);
  await clock.advance(1_000);
  for (const one of [await late, await waiting])
    expect(one).toMatchObject({ error: { reason: "DEADLINE_EXCEEDED" }, passing: true });
  const own = reeveError("DEADLINE_EXCEEDED", "the operation's own deadline");
  for (const [reason, expected] of [
    [own, undefined],
    [new Error("the hook's own patience"), { error: { reason: "CANCELLED" }, passing: true }],
  ] as const) {
    const controller = new AbortController();
    const call = failed(driver.dim({ percent: 1 }, { signal: controller.signal }));
    await clock.advance(0);
    controller.abort(reason);
    expect(await call).toEqual(expected && expect.objectContaining({ passing: true }));
  }
  expect(driverFailureOf(own)).toBeUndefined();
  expect(attached.waitedFor()).toEqual([]);
  const shut = reeveError("DRIVER_LOST", "lamp/a is not prepared: test-lamp: colours: x");
  attached.shut(shut);
  expect(await failed(driver.dim({ percent: 1 }))).toMatchObject({ error: { reason: "DRIVER_LOST", cause: shut } });
  expect([driver.healthy, attached.healthy]).toEqual([false, false]);
  attached.shut(undefined);
  expect(driver.healthy).toBe(true);
});

test("work that succeeds in spite of its abort is a success: its effect is there", async () => {
  const { driver, clock, script } = await attachReadyLamp();
  script.dim = (percent, signal) => untilAborted(signal).catch(() => percent);
  const call = driver.dim({ percent: 9 }, { timeout: "1s" });
  await clock.advance(1_000);
  expect(await call).toBe(9);
});

test("a call that ignores its abort lets its caller go after the grace, and keeps its slot until it returns", async () => {
  const { attached, driver, clock, script } = await attachReadyLamp({ maxConcurrent: 2, abortGrace: "5s" });
  let finish = (_percent: number) => {};
  script.dim = () => new Promise((resolve) => (finish = resolve));
  const hung = driver.dim({ percent: 1 }, { timeout: "1s" }).catch((error) => error);
  await clock.advance(5_999);
  expect(attached.counters().hung).toBe(0);
  await clock.advance(1);
  expect(await hung).toMatchObject({ reason: "DEADLINE_EXCEEDED" });
  expect(attached.counters()).toMatchObject({ hung: 1, running: 1 });
  expect(attached.healthy).toBe(true);
  finish(1);
  await clock.advance(0);
  expect(attached.counters()).toMatchObject({ hung: 0, running: 0 });
});

test("when every slot is held by hung calls the driver is lost, and back when one returns", async () => {
  const { driver, clock, script, events } = await attachReadyLamp({ maxConcurrent: 1, abortGrace: "1s" });
  let finish = (_percent: number) => {};
  script.dim = () => new Promise((resolve) => (finish = resolve));
  driver.dim({ percent: 1 }, { timeout: "1s" }).catch(() => {});
  await clock.advance(2_000);
  expect(events.at(-1)).toMatch(/lost: all 1 slots/);
  await clock.advance(100_000);
  expect(events).toHaveLength(2);
  finish(1);
  await clock.advance(10_000);
  expect(events.at(-1)).toBe("ready");
});

test("beyond the bound calls wait in order, and one whose deadline or caller ends its wait never reaches the driver", async () => {
  const { attached, driver, clock, script } = await attachReadyLamp({ maxConcurrent: 2 });
  const entered: number[] = [];
  const finish = new Map<number, () => void>();
  script.dim = (percent) => {
    entered.push(percent);
    return new Promise((resolve) => finish.set(percent, () => resolve(percent)));
  };
  const cancel = new AbortController();
  const calls = [
    driver.dim({ percent: 1 }),
    driver.dim({ percent: 2 }),
    driver.dim({ percent: 3 }, { timeout: "1s" }).catch(({ message }) => message),
    driver.dim({ percent: 4 }, { signal: cancel.signal }).catch(({ reason }) => reason),
    driver.dim({ percent: 5 }),
    driver.dim({ percent: 6 }),
  ];
  await clock.advance(1_000);
  cancel.abort();
  await clock.advance(0);
  expect(entered).toEqual([1, 2]);
  expect(attached.counters()).toMatchObject({ running: 2, waiting: 2 });
  finish.get(2)!();
  await clock.advance(0);
  expect(entered).toEqual([1, 2, 5]);
  finish.get(1)!();
  await clock.advance(0);
  expect(entered).toEqual([1, 2, 5, 6]);
  for (const percent of [5, 6]) finish.get(percent)!();
  expect(await Promise.all(calls)).toEqual([1, 2, expect.stringMatching(/waited for a slot/), "CANCELLED", 5, 6]);
});

test("a transfer may take any time while it reports progress, and is aborted when it stalls", async () => {
  const { driver, clock, script } = await attachReadyLamp({ stallTimeout: "60s" });
  const steps: Progress[] = [];
  let report = (_doneBytes: number) => {};
  let finish = () => {};
  script.load = (_bytes, signal, progress) => {
    report = progress;
    return new Promise((resolve, reject) => {
      finish = resolve;
      signal.addEventListener("abort", () => reject(signal.reason));
    });
  };
  const options = { onProgress: (step: Progress) => void steps.push(step) };
  const slow = driver.films!.load({ bytes: 100 }, options);
  for (let done = 0; done < 100; done += 10) {
    await clock.advance(59_000);
    report(done);
  }
  finish();
  await slow;
  expect(steps).toHaveLength(10);
  expect(steps.at(-1)).toEqual({ doneBytes: 90, totalBytes: 100 });
  report(100);
  expect(steps).toHaveLength(10);
  const stalled = driver.films!.load({ bytes: 100 }, options).catch((error) => error);
  await clock.advance(60_000);
  expect(await stalled).toMatchObject({
    reason: "DEADLINE_EXCEEDED",
    message: "test-lamp: films.load: no progress for 60000 ms",
  });
});

test("a progress listener that throws disturbs nothing", async () => {
  const { driver, script, log } = await attachReadyLamp();
  script.load = (bytes, _signal, progress) => progress(bytes);
  await driver.films!.load({ bytes: 1 }, { onProgress: () => expect.fail("listener") });
  expect(log.lines.map(({ message }) => message)).toContain("a progress listener threw");
});

test("a stream holds one slot to its end, also when its reader stops early", async () => {
  const { attached, driver, script } = await attachReadyLamp({ maxConcurrent: 1 });
  const frames: number[] = [];
  for await (const frame of driver.films!.play({ frames: 3 })) {
    frames.push(frame);
    expect(attached.counters().running).toBe(1);
  }
  expect(frames).toEqual([0, 1, 2]);
  let cleaned = false;
  script.play = async function* () {
    try {
      for (let frame = 0; ; frame++) yield frame;
    } finally {
      cleaned = true;
    }
  };
  for await (const frame of driver.films!.play({ frames: 3 })) if (frame === 2) break;
  expect(cleaned).toBe(true);
  expect(attached.counters()).toMatchObject({ running: 0, methods: { "films.play": { calls: 2, errors: 0 } } });
});

test("a stream that fails or stalls ends with a ReeveError; a slow reader is no stall", async () => {
  const { attached, driver, clock, script } = await attachReadyLamp({ stallTimeout: "10s", abortGrace: "1s" });
  script.play = async function* () {
    yield 0;
    throw new DriverError("DATA_LOSS", "scratched");
  };
  const failing = driver.films!.play({ frames: 9 })[Symbol.asyncIterator]();
  await failing.next();
  await clock.advance(100_000);
  await expect(failing.next()).rejects.toMatchObject({ reason: "DRIVER_FAILED", code: "DATA_LOSS" });
  script.play = async function* () {
    yield 0;
    await never();
  };
  const stalling = driver.films!.play({ frames: 9 })[Symbol.asyncIterator]();
  await stalling.next();
  const next = stalling.next().catch((error) => error);
  await clock.advance(11_000);
  expect(await next).toMatchObject({ reason: "DEADLINE_EXCEEDED" });
  expect(attached.counters()).toMatchObject({ hung: 1, running: 1 });
});

test("a reader that stops early is let go of where the stream does not come to rest; its slot is kept until it has", async () => {
  const { attached, driver, clock, script } = await attachReadyLamp({ stallTimeout: "10s", abortGrace: "1s" });
  const gate = Promise.withResolvers<void>();
  script.play = async function* () {
    try {
      for (let frame = 0; ; frame++) yield frame;
    } finally {
      await gate.promise;
    }
  };
  const frames = driver.films!.play({ frames: 9 })[Symbol.asyncIterator]();
  await frames.next();
  let left = false;
  const leaving = frames.return!().then(() => {
    left = true;
  });
  await clock.advance(10_999);
  expect(left).toBe(false);
  await clock.advance(1);
  await leaving;
  expect(attached.counters()).toMatchObject({ hung: 1, running: 1 });
  gate.resolve();
  await expect.poll(() => attached.counters()).toMatchObject({ hung: 0, running: 0 });
});

test("an ability that the driver lacks is undefined, from the start", async () => {
  const { driver } = await attachReadyLamp();
  expect(driver.songs).toBeUndefined();
  expect(driver.films).toBeDefined();
});

test("stats are held to the port's schema", async () => {
  const { driver, script } = await attachReadyLamp();
  expect(await driver.stats()).toEqual({ watts: 7 });
  script.stats = () => ({ watts: -1 });
  await expect(driver.stats()).rejects.toMatchObject({
    reason: "DRIVER_FAILED",
    message: /^test-lamp: stats: watts: /,
  });
});
