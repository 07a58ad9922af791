import fc from "fast-check";
import { expect, test } from "vitest";
import { Latencies, stepMs, stepsKept } from "./latencies.ts";

const now = 1_000 * stepMs;

test("half of the calls, and 99 of 100, took no longer than is told, within a twentieth", () => {
  const durations = fc.array(fc.double({ min: 0.001, max: 600_000, noNaN: true }), { minLength: 1, maxLength: 300 });
  fc.assert(
    fc.property(durations, (all) => {
      const latencies = new Latencies();
      for (const duration of all) latencies.add("volume.create", now, duration, false);
      const [told] = latencies.at(now);
      const sorted = all.toSorted((one, other) => one - other);
      const exact = (share: number) => sorted[Math.max(1, Math.ceil(share * all.length)) - 1]!;
      expect(Math.abs(told!.p50 / exact(0.5) - 1)).toBeLessThan(0.05);
      expect(Math.abs(told!.p99 / exact(0.99) - 1)).toBeLessThan(0.05);
      expect(told!.timed).toBe(all.length);
    }),
  );
});

test("each step tells of its own calls, and what is older than ten minutes is gone", () => {
  const latencies = new Latencies();
  latencies.add("volume.create", now - stepsKept * stepMs, 5, false);
  latencies.add("volume.create", now - stepMs, 10, true);
  latencies.add("volume.create", now, 20, false);
  latencies.add("volume.delete", now - stepsKept * stepMs, 5, false);
  const [create, ...others] = latencies.at(now);
  expect(others).toEqual([]);
  expect(create).toMatchObject({ operation: "volume.create", timed: 2, failed: 1 });
  expect(create!.steps).toHaveLength(stepsKept);
  expect(create!.steps.flatMap((step, index) => (step ? [[index, step.timed, step.failed]] : []))).toEqual([
    [stepsKept - 2, 1, 1],
    [stepsKept - 1, 1, 0],
  ]);
});

test("a call of no time at all is timed as a microsecond", () => {
  const latencies = new Latencies();
  latencies.add("volume.create", now, 0, false);
  expect(latencies.at(now)[0]!.p50).toBeCloseTo(0.001, 3);
});

test("operations beyond 500 are left out, and those that are there go on", () => {
  const latencies = new Latencies();
  for (let index = 0; index < 600; index++) latencies.add(`volume.o${index}`, now, 1, false);
  latencies.add("volume.o0", now, 1, false);
  const told = latencies.at(now);
  expect(told).toHaveLength(500);
  expect(told.find(({ operation }) => operation === "volume.o0")?.timed).toBe(2);
});
