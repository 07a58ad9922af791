import { reeveError } from "@reeve/contract";
import { DriverError } from "@reeve/driver-sdk";
import { fromDriver } from "@reeve/driver-sdk/internal";
import fc from "fast-check";
import { expect, test } from "vitest";
import { modeOf } from "./can-serve.ts";
import { type CauseReason, causes } from "./cause.ts";
import type { LifecycleEvent } from "./lifecycle-machine.ts";
import { simulate, simulateReady } from "./simulated-host.fixture.ts";
import { describeStatus } from "./status.ts";

const driverLost: LifecycleEvent = { type: "cause.raised", cause: { reason: "DRIVER_LOST", message: "unplugged" } };
const driverBack: LifecycleEvent = { type: "cause.cleared", reason: "DRIVER_LOST" };

test("a manager boots, prepares, warms up and is ready; calls wait until its endpoints open", async () => {
  const { host, done } = simulate();
  expect(host.state).toBe("booting");
  await done("boot");
  expect(host.state).toBe("preRpc");
  await done("prepare");
  expect(host.state).toBe("serving.warmingUp");
  await done("warmUp");
  expect(host.state).toBe("serving.ready");
  expect(host.told.map(({ status }) => modeOf(status))).toEqual(["paused", "paused", "open", "open"]);
});

test("a boot or preparation that throws is the end, and why is kept", async () => {
  const boot = simulate();
  const error = new Error("disk gone");
  await boot.done("boot", error);
  expect(boot.host.status).toMatchObject({ state: "failed", failure: error });
  expect(describeStatus(boot.host.status)).toBe("failed (disk gone)");
  const prepare = simulate();
  await prepare.done("boot");
  await prepare.done("prepare", error);
  expect(prepare.host.status).toMatchObject({ state: "failed", failure: error });
});

test("a driver that is late opens the manager degraded; when it comes, calls wait until recovery is done", async () => {
  const { host, self, done } = simulate();
  self.send(driverLost);
  await done("boot");
  expect(host.state).toBe("degraded");
  expect(modeOf(host.status)).toBe("open");
  expect(host.count("prepare")).toBe(0);
  self.send(driverBack);
  expect(host.state).toBe("preRpc");
  expect(modeOf(host.status)).toBe("paused");
  await done("prepare");
  await done("warmUp");
  expect(host.state).toBe("serving.ready");
});

test("a driver that is lost while recovery needs it is no failure of recovery, which is done again when it is back", async () => {
  const { host, self, done } = simulate();
  await done("boot");
  self.send(driverLost);
  await done("prepare", reeveError("DRIVER_LOST", "unplugged"));
  expect(host.state).toBe("degraded");
  expect(host.status.causes.map(({ reason }) => reason)).toEqual(["DRIVER_LOST", "PREPARE_FAILED"]);
  self.send(driverBack);
  expect(host.state).toBe("preRpc");
  expect(host.count("prepare")).toBe(2);
  await done("prepare");
  expect(host.status).toMatchObject({ state: "serving", causes: [] });
});

test("a driver that is back before recovery has said that it missed it does not leave the manager waiting for ever", async () => {
  const { clock, host, self, done } = simulate();
  await done("boot");
  self.send(driverLost);
  self.send(driverBack);
  await done("prepare", reeveError("DRIVER_LOST", "unplugged"));
  expect(host.state).toBe("degraded");
  await clock.advance(999);
  expect(host.state).toBe("degraded");
  await clock.advance(1);
  expect(host.state).toBe("preRpc");
});

const arrayBusy = fromDriver(new DriverError("UNAVAILABLE", "rebuilding"), { driver: "array", method: "list" });
const arrayBroken = fromDriver(new DriverError("DATA_LOSS", "two disks gone"), { driver: "array", method: "list" });

test("what a driver fails in recovery or initHost degrades the manager, and is tried again less and less often, for ever", async () => {
  const { clock, host, done } = simulate();
  await done("boot");
  for (const pauseMs of [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]) {
    await done("prepare", new Error("the host was not counted", { cause: arrayBusy }));
    expect(describeStatus(host.status)).toBe(
      "degraded (PREPARE_FAILED: the host was not counted: array: list: rebuilding)",
    );
    const attempts = host.count("prepare");
    await clock.advance(pauseMs - 1);
    expect([host.state, host.count("prepare")]).toEqual(["degraded", attempts]);
    await clock.advance(1);
    expect([host.state, host.count("prepare")]).toEqual(["preRpc", attempts + 1]);
  }
  await done("prepare");
  expect(host.status).toMatchObject({ state: "serving", causes: [] });
});

test("what the driver says will not pass is tried again too, after the longest pause; retries are spread", async () => {
  const { clock, host, done } = simulate();
  host.random = () => 0;
  await done("boot");
  await done("prepare", arrayBroken);
  expect(describeStatus(host.status)).toBe("degraded (PREPARE_FAILED: array: list: two disks gone)");
  await clock.advance(29_999);
  expect(host.state).toBe("degraded");
  await clock.advance(1);
  expect(host.state).toBe("preRpc");
});

test("a driver that comes back, and a reset, have the preparation tried at once and its pauses short again", async () => {
  const { clock, host, self, done } = simulate();
  await done("boot");
  await done("prepare", arrayBroken);
  self.send({ type: "reset" });
  expect(host.state).toBe("resetting");
  await done("reset");
  expect(host.state).toBe("preRpc");
  await done("prepare", arrayBroken);
  self.send(driverLost);
  self.send(driverBack);
  expect(host.state).toBe("preRpc");
  await done("prepare", arrayBusy);
  await clock.advance(1_000);
  expect(host.state).toBe("preRpc");
});

test("a driver that is lost while serving degrades the manager and heals it by itself", async () => {
  const { host, self } = await simulateReady();
  self.send(driverLost);
  expect(host.state).toBe("degraded");
  expect(describeStatus(host.status)).toBe("degraded (DRIVER_LOST: unplugged)");
  self.send(driverBack);
  expect(host.state).toBe("serving.ready");
  expect(host.count("prepare")).toBe(1);
  expect(host.count("warmUp")).toBe(1);
});

test("several causes heal one by one, and one that is told again changes nothing", async () => {
  const { host, self } = await simulateReady();
  self.send(driverLost);
  const before = host.told.length;
  self.send(driverLost);
  self.send({ type: "cause.cleared", reason: "HUNG" });
  expect(host.told).toHaveLength(before);
  self.send({ type: "cause.raised", cause: { reason: "DRIVER_LOST", message: "still unplugged" } });
  self.send({ type: "cause.raised", cause: { reason: "HUNG", message: "copy" } });
  expect(host.status.causes).toEqual([
    { reason: "DRIVER_LOST", message: "still unplugged" },
    { reason: "HUNG", message: "copy" },
  ]);
  self.send(driverBack);
  expect(host.state).toBe("degraded");
  self.send({ type: "cause.cleared", reason: "HUNG" });
  expect(host.state).toBe("serving.ready");
});

test("a warm-up that throws degrades the manager and is tried again", async () => {
  const { clock, host, done } = simulate();
  await done("boot");
  await done("prepare");
  await done("warmUp", new Error("peer away"));
  expect(describeStatus(host.status)).toBe("degraded (WARM_UP_FAILED: peer away)");
  await clock.advance(5_000);
  expect(host.state).toBe("serving.warmingUp");
  await done("warmUp");
  expect(host.state).toBe("serving.ready");
});

test("a hundred resets at once run two", async () => {
  const { host, self, done } = await simulateReady();
  for (let i = 0; i < 100; i++) self.send({ type: "reset" });
  expect(host.count("reset")).toBe(1);
  expect(host.status).toMatchObject({ state: "resetting", resetWanted: true });
  await done("reset");
  expect(host.count("reset")).toBe(2);
  await done("reset");
  expect(host.state).toBe("serving.ready");
  expect(host.count("reset")).toBe(2);
});

test("however resets arrive, none that is asked for is missed and at most one follows the one that runs", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.constantFrom("reset", "done", "failed")), async (steps) => {
      const { host, self, done } = await simulateReady();
      let unanswered = false;
      for (const step of steps) {
        const before = host.count("reset");
        if (step === "reset") {
          self.send({ type: "reset" });
          unanswered = before === host.count("reset");
        } else if (host.state === "resetting") {
          await done("reset", step === "failed" ? new Error("bad config") : undefined);
          expect(host.count("reset") - before).toBe(unanswered ? 1 : 0);
          unanswered = false;
        }
      }
      expect(host.status.resetWanted).toBe(unanswered);
    }),
    { numRuns: 50 },
  );
});

test("a reset that fails leaves the manager degraded until one succeeds", async () => {
  const { host, self, done } = await simulateReady();
  self.send({ type: "reset" });
  await done("reset", new Error("bad config"));
  expect(describeStatus(host.status)).toBe("degraded (RESET_FAILED: bad config)");
  self.send({ type: "reset" });
  await done("reset");
  expect(host.state).toBe("serving.ready");
});

test("a reset that fails is tried again, less and less often, until it succeeds", async () => {
  const { clock, host, self, done } = await simulateReady();
  self.send({ type: "reset" });
  for (const pauseMs of [10_000, 20_000, 40_000, 80_000, 160_000, 320_000, 320_000]) {
    const resets = host.count("reset");
    await done("reset", new Error("the scheduler is away"));
    await clock.advance(pauseMs - 1);
    expect([host.state, host.count("reset")]).toEqual(["degraded", resets]);
    await clock.advance(1);
    expect([host.state, host.count("reset")]).toEqual(["resetting", resets + 1]);
  }
  await done("reset");
  expect(host.state).toBe("serving.ready");
  self.send({ type: "reset" });
  await done("reset", new Error("away once more"));
  await clock.advance(10_000);
  expect(host.state).toBe("resetting");
});

test("a reset that hangs is given up, so that calls do not wait for ever", async () => {
  const { clock, host, self } = await simulateReady();
  self.send({ type: "reset" });
  await clock.advance(30_000);
  expect(describeStatus(host.status)).toBe("degraded (RESET_FAILED: it took longer than 30000 ms)");
  expect(host.effect("reset").signal.aborted).toBe(true);
});

test("a reset that is asked for during the start runs once it serves", async () => {
  const { host, self, done } = simulate();
  self.send({ type: "reset" });
  await done("boot");
  await done("prepare");
  expect(host.count("reset")).toBe(0);
  await done("warmUp");
  expect(host.state).toBe("resetting");
});

/** Brings a manager into a state that is not final. */
const arrive = {
  booting: async () => simulate(),
  preRpc: async () => {
    const running = simulate();
    await running.done("boot");
    return running;
  },
  "serving.warmingUp": async () => {
    const running = await arrive.preRpc();
    await running.done("prepare");
    return running;
  },
  "serving.ready": simulateReady,
  degraded: async () => {
    const running = await simulateReady();
    running.self.send(driverLost);
    return running;
  },
  resetting: async () => {
    const running = await simulateReady();
    running.self.send({ type: "reset" });
    return running;
  },
  draining: async () => {
    const running = await simulateReady();
    running.self.send({ type: "drain" });
    return running;
  },
};
const states = Object.keys(arrive) as (keyof typeof arrive)[];

test.each(states)("in %s a drain ends what runs, says draining until it is done, then stops", async (state) => {
  const { host, self, done } = await arrive[state]();
  expect(host.state).toBe(state);
  const running = host.begun.at(-1)!;
  self.send({ type: "drain" });
  expect(host.state).toBe("draining");
  if (state === "booting" || state === "preRpc" || state === "resetting") expect(running.signal.aborted).toBe(true);
  self.send({ type: "drain" });
  self.send(driverBack);
  self.send({ type: "reset" });
  expect(host.state).toBe("draining");
  expect(host.count("drain")).toBe(1);
  await done("drain");
  expect(host.status).toMatchObject({ state: "stopped", failure: undefined });
});

test.each(states)("in %s a kill stops at once and keeps why", async (state) => {
  const { host, self } = await arrive[state]();
  const running = host.begun.at(-1)!;
  const error = new Error("fenced");
  self.send({ type: "kill", error });
  expect(host.status).toMatchObject({ state: "stopped", failure: error });
  // What ended by itself needs no signal.
  if (!["serving.ready", "degraded"].includes(state)) expect(running.signal.aborted).toBe(true);
});

test("a boot that fails after it was given up changes nothing", async () => {
  const { host, self, done } = simulate();
  self.send({ type: "drain" });
  await done("boot", new Error("too late"));
  expect(host.state).toBe("draining");
  await done("drain", new Error("stuck"));
  expect(host.status).toMatchObject({ state: "stopped", failure: { message: "stuck" } });
});

test("a manager whose address another process holds takes no call, prepares nothing, and goes on when that one is gone", async () => {
  const { host, self, done } = simulate();
  self.send({ type: "cause.raised", cause: { reason: "ADDRESS_CLAIMED", message: "held elsewhere" } });
  await done("boot");
  expect(host.state).toBe("degraded");
  expect(modeOf(host.status)).toBe("closed");
  expect(host.count("prepare")).toBe(0);
  self.send({ type: "cause.cleared", reason: "ADDRESS_CLAIMED" });
  expect(host.state).toBe("preRpc");
  await done("prepare");
  await done("warmUp");
  expect(modeOf(host.status)).toBe("open");
});

test.each(["ADDRESS_CLAIMED", "STOOD_STILL"] as const)(
  "a manager that serves takes no call while it is %s, in whatever state",
  async (reason) => {
    const { host, self, done } = await simulateReady();
    self.send({ type: "cause.raised", cause: { reason, message: "" } });
    expect([host.state, modeOf(host.status)]).toEqual(["degraded", "closed"]);
    self.send({ type: "reset" });
    expect(modeOf(host.status)).toBe("paused");
    await done("reset");
    expect([host.state, modeOf(host.status)]).toEqual(["degraded", "closed"]);
    self.send({ type: "cause.cleared", reason });
    expect([host.state, modeOf(host.status)]).toEqual(["serving.ready", "open"]);
  },
);

test.each(Object.keys(causes) as CauseReason[])(
  "%s degrades a manager and closes it as the table says",
  async (reason) => {
    const { host, self } = await simulateReady();
    self.send({ type: "cause.raised", cause: { reason, message: "why" } });
    const { degrades, serves } = causes[reason];
    const open = serves === "nobody" ? "closed" : "open";
    expect([host.state, modeOf(host.status)]).toEqual([degrades ? "degraded" : "serving.ready", open]);
    expect(describeStatus(host.status)).toBe(`${host.state} (${reason}: why)`);
    self.send({ type: "cause.cleared", reason });
    expect([host.state, modeOf(host.status), describeStatus(host.status)]).toEqual([
      "serving.ready",
      "open",
      "serving.ready",
    ]);
  },
);
