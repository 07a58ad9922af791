import { DriverError } from "@reeve/driver-sdk";
import { expect, test } from "vitest";
import { attachReadyLamp } from "./attach-lamp.fixture.ts";
import { LampScript, lamp } from "./lamp.fixture.ts";

const stale = { address: "block-01@ssd", epoch: 4 };

test("a fence is given to the driver, and counted and logged as any call of it", async () => {
  const script = new LampScript();
  const fenced: unknown[] = [];
  script.fence = (given) => void fenced.push(given);
  const { attached, log } = await attachReadyLamp({}, script);
  expect(attached.fences).toBe(true);
  await attached.fence(stale);
  expect(fenced).toEqual([stale]);
  expect(attached.counters().methods.fence).toMatchObject({ calls: 1, errors: 0 });
  expect(log.lines.some(({ fields }) => fields.method === "fence")).toBe(true);
});

test("a fence that the driver refuses fails with the driver's word, and one without an answer at its deadline", async () => {
  const script = new LampScript();
  const { attached, clock } = await attachReadyLamp({}, script);
  script.fence = () => {
    throw new DriverError("UNAVAILABLE", "the array is away");
  };
  await expect(attached.fence(stale)).rejects.toMatchObject({ reason: "DRIVER_FAILED", code: "UNAVAILABLE" });
  let aborted = false;
  script.fence = (_given, signal) =>
    new Promise((_resolve, reject) => {
      signal.addEventListener("abort", () => {
        aborted = true;
        reject(signal.reason);
      });
    });
  const late = expect(attached.fence(stale, { timeout: "3s" })).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED" });
  await clock.advance(0);
  expect(attached.waitedFor()).toEqual(["test-lamp: fence"]);
  await clock.advance(3_000);
  await late;
  expect(aborted).toBe(true);
});

test("a caller that goes away ends its fence, and one before the driver is up is refused", async () => {
  const script = new LampScript();
  const { attached, clock } = await attachReadyLamp({}, script);
  const controller = new AbortController();
  script.fence = (_given, signal) =>
    new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  const gone = expect(attached.fence(stale, { signal: controller.signal })).rejects.toMatchObject({
    code: "CANCELLED",
  });
  await clock.advance(0);
  controller.abort();
  await gone;
  await attached.close();
  await expect(attached.fence(stale)).rejects.toMatchObject({ reason: "DRIVER_LOST" });
});

test("a driver that does not fence says so, and refuses to", async () => {
  const script = new LampScript();
  script.fences = false;
  const { attached } = await attachReadyLamp({}, script);
  expect(attached.fences).toBe(false);
  await expect(attached.fence(stale)).rejects.toMatchObject({ reason: "DRIVER_FAILED", code: "UNIMPLEMENTED" });
});

test("a driver that fences is not replaced by one that does not: what a cluster may take over was decided by it", async () => {
  const { attached } = await attachReadyLamp();
  const script = new LampScript();
  script.fences = false;
  await expect(attached.replace(lamp({ script }), new AbortController().signal)).rejects.toMatchObject({
    reason: "INVALID_OPTION",
    message:
      "driver: expected test-lamp with films, fencing, got test-lamp with films; restart the manager to give it another kind of driver",
  });
});
