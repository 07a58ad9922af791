import { DriverError } from "@reeve/driver-sdk";
import { expect, test } from "vitest";
import { attachLamp, attachReadyLamp } from "./attach-lamp.fixture.ts";
import { LampScript } from "./lamp.fixture.ts";

const never = () => new Promise<never>(() => {});
const offline = () => {
  throw new DriverError("UNAVAILABLE", "no power");
};

test("a facade captured before the driver is up works once it is; until then calls are refused with DRIVER_LOST", async () => {
  const { attached, driver, clock, events } = attachLamp();
  const { dim } = driver;
  await expect(dim({ percent: 5 })).rejects.toMatchObject({ code: "UNAVAILABLE", reason: "DRIVER_LOST" });
  expect(driver.healthy).toBe(false);
  attached.start();
  attached.start();
  await clock.advance(0);
  expect(await dim({ percent: 5 })).toBe(5);
  expect(driver.healthy).toBe(true);
  expect(events).toEqual(["ready"]);
  expect(attached.counters().setups).toBe(1);
});

test("set-up is retried without end, with pauses that double up to the longest", async () => {
  const { attached, clock, events, script } = attachLamp({ retryAfter: "1s", retryAtMost: "60s" });
  const at: number[] = [];
  script.setup = () => {
    at.push(clock.now());
    return offline();
  };
  attached.start();
  await clock.advance(3_600_000);
  const pauses = at.slice(1).map((time, i) => time - at[i]!);
  for (const [attempt, pause] of pauses.entries()) {
    const ceiling = Math.min(60_000, 1_000 * 2 ** attempt);
    expect(pause).toBeGreaterThanOrEqual(ceiling / 2);
    expect(pause).toBeLessThanOrEqual(ceiling);
  }
  expect(pauses.length).toBeGreaterThan(60);
  expect(new Set(pauses).size).toBe(pauses.length);
  expect(attached.cause).toMatchObject({ reason: "DRIVER_FAILED", code: "UNAVAILABLE", retryable: true });
  script.setup = () => ({});
  await clock.advance(60_000);
  expect(events.at(-1)).toBe("ready");
  expect(attached.cause).toBeUndefined();
});

test("a set-up error that is not retryable surfaces at once and is still retried, slowly", async () => {
  const { attached, clock, events, script } = attachLamp();
  script.setup = () => {
    throw new DriverError("UNIMPLEMENTED", "firmware 1 is not supported");
  };
  attached.start();
  await clock.advance(29_000);
  expect(events).toEqual(["failed: test-lamp: setup: firmware 1 is not supported"]);
  await expect(attached.facade.colours()).rejects.toThrow(/firmware 1 is not supported/);
  script.setup = () => ({});
  await clock.advance(31_000);
  expect(events.at(-1)).toBe("ready");
});

test("a set-up that ignores its abort is given up; when it comes through late it is closed, not used beside its successor", async () => {
  const { attached, clock, events, script } = attachLamp({ setupTimeout: "5s", abortGrace: "1s" });
  let finish = () => {};
  let closed = 0;
  script.close = () => void closed++;
  script.setup = () => new Promise<void>((resolve) => (finish = resolve));
  attached.start();
  await clock.advance(6_000);
  expect(events).toEqual(["failed: test-lamp: setup: no answer within 5000 ms"]);
  script.setup = () => ({});
  await clock.advance(1_000);
  expect(events.at(-1)).toBe("ready");
  finish();
  await clock.advance(0);
  expect(closed).toBe(1);
  expect(attached.healthy).toBe(true);
});

test("a failing check loses the driver and a passing one brings it back, without a new set-up", async () => {
  const { attached, driver, clock, events, script } = await attachReadyLamp();
  script.check = offline;
  await clock.advance(10_000);
  expect(events).toEqual(["ready", "lost: test-lamp: check: no power"]);
  await expect(driver.colours()).rejects.toMatchObject({ reason: "DRIVER_LOST", cause: { code: "UNAVAILABLE" } });
  script.check = () => {};
  await clock.advance(10_000);
  expect(events.at(-1)).toBe("ready");
  expect(await driver.colours()).toEqual(["white"]);
  expect(attached.counters()).toMatchObject({ setups: 1, losses: 1 });
});

test("after three failed checks in a row the old session is closed and the device set up anew", async () => {
  const { attached, clock, events, script } = await attachReadyLamp();
  let closed = 0;
  script.close = () => void closed++;
  script.check = offline;
  await clock.advance(20_000);
  expect(closed).toBe(0);
  await clock.advance(10_000);
  expect(closed).toBe(1);
  expect(attached.counters().setups).toBe(2);
  expect(events).toEqual(["ready", "lost: test-lamp: check: no power", "ready"]);
});

test("checks that fail now and then, never three in a row, cost no new set-up", async () => {
  const { attached, clock, script } = await attachReadyLamp();
  for (let i = 0; i < 3; i++) {
    script.check = offline;
    await clock.advance(20_000);
    script.check = () => {};
    await clock.advance(10_000);
  }
  expect(attached.counters()).toMatchObject({ setups: 1, losses: 3 });
  expect(attached.healthy).toBe(true);
});

test("a new set-up begins with free slots: calls that waited for the old one fail, calls that hang on it block nobody", async () => {
  const { attached, driver, clock, script } = await attachReadyLamp({ maxConcurrent: 1 });
  script.dim = never;
  const hanging = driver.dim({ percent: 1 }).catch((error) => error);
  const waiting = driver.dim({ percent: 2 }).catch((error) => error);
  await clock.advance(0);
  script.check = () => {
    script.check = () => {};
    throw new DriverError("FAILED_PRECONDITION", "another lamp hangs here now");
  };
  await clock.advance(10_000);
  expect(await waiting).toMatchObject({ reason: "DRIVER_LOST" });
  expect(await driver.colours()).toEqual(["white"]);
  await clock.advance(60_000);
  expect(await hanging).toMatchObject({ reason: "DEADLINE_EXCEEDED" });
  expect(attached.counters().hung).toBe(1);
});

test("a check that says only a new set-up can help gets one at once", async () => {
  const { attached, clock, script } = await attachReadyLamp();
  script.check = () => {
    script.check = () => {};
    throw new DriverError("FAILED_PRECONDITION", "another lamp hangs here now");
  };
  await clock.advance(10_000);
  expect(attached.counters().setups).toBe(2);
  expect(attached.healthy).toBe(true);
});

test("a check that hangs loses the driver and is not joined by a second one", async () => {
  const { attached, clock, events, script } = await attachReadyLamp({ checkEvery: "10s", checkTimeout: "2s" });
  let checks = 0;
  script.check = () => {
    checks++;
    return never();
  };
  await clock.advance(12_000);
  expect(events.at(-1)).toBe("lost: test-lamp: check: no answer within 2000 ms");
  await clock.advance(10_000);
  expect(checks).toBe(1);
  expect(attached.healthy).toBe(false);
});

test("a call that cannot reach the device has it checked at once", async () => {
  const { driver, clock, events, script } = await attachReadyLamp();
  script.check = offline;
  script.dim = offline;
  await expect(driver.dim({ percent: 1 })).rejects.toMatchObject({ code: "UNAVAILABLE" });
  await clock.advance(0);
  expect(events.at(-1)).toBe("lost: test-lamp: check: no power");
});

test("close ends calls and set-up, closes the session once and leaves no timer", async () => {
  const { attached, driver, clock, script } = await attachReadyLamp({ maxConcurrent: 1 });
  let closed = 0;
  script.close = () => void closed++;
  script.dim = (_percent, signal) =>
    new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  const running = driver.dim({ percent: 1 });
  const waiting = driver.dim({ percent: 2 });
  const both = Promise.allSettled([running, waiting]);
  await clock.advance(0);
  await Promise.all([attached.close(), attached.close()]);
  for (const { reason } of (await both) as PromiseRejectedResult[])
    expect(reason).toMatchObject({ reason: "DRIVER_LOST" });
  await expect(driver.colours()).rejects.toThrow(/it is closed/);
  expect(closed).toBe(1);
  expect(clock.pending).toBe(0);
});

test("close during set-up aborts it, and closes what it opened nevertheless", async () => {
  const { attached, clock, events, script } = attachLamp();
  let aborted = false;
  let closed = 0;
  script.close = () => void closed++;
  script.setup = ({ signal }) =>
    new Promise<void>((resolve) =>
      signal.addEventListener("abort", () => {
        aborted = true;
        resolve();
      }),
    );
  attached.start();
  await clock.advance(0);
  await attached.close();
  await clock.advance(0);
  expect({ aborted, closed, events, pending: clock.pending }).toEqual({
    aborted: true,
    closed: 1,
    events: [],
    pending: 0,
  });
});

test("a driver that does not close holds nobody longer than the bound", async () => {
  const script = new LampScript();
  script.close = never;
  script.dim = never;
  const { attached, driver, clock, log } = await attachReadyLamp({ closeTimeout: "3s", abortGrace: "1s" }, script);
  const call = driver.dim({ percent: 1 }).catch((error) => error);
  await clock.advance(0);
  const closed = attached.close();
  await clock.advance(6_000);
  await closed;
  expect(await call).toMatchObject({ reason: "DRIVER_LOST" });
  expect(log.lines.map(({ message }) => message)).toContain("driver did not close in time");
});
