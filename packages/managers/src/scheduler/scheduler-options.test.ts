import { expect, test } from "vitest";
import { compileSchedulerOptions } from "./scheduler-options.ts";

const accepts = () => true;
const weigh = () => 1;

test("everything has a default", () => {
  expect(compileSchedulerOptions()).toMatchObject({
    maxAgeMs: 180_000,
    downAfterMs: 30_000,
    holdMs: 900_000,
    gatherMs: 200,
    resetTimeoutMs: 45_000,
    maxWaiting: 1_024,
    explained: 200,
    random: Math.random,
  });
});

test("filters and weighers are added to the built-in ones, whose multipliers can be set", () => {
  const compiled = compileSchedulerOptions({
    filters: [{ name: "mine", accepts }],
    weighers: [{ name: "mine", multiplier: 2, weigh }],
    multipliers: { freeCapacity: -1 },
  });
  expect(compiled.filters.map(({ name }) => name)).toEqual([
    "up",
    "ready",
    "measured",
    "attempted",
    "availabilityZone",
    "labels",
    "capabilities",
    "capacity",
    "mine",
  ]);
  expect(compiled.weighers.map(({ name, multiplier }) => [name, multiplier])).toEqual([
    ["freeCapacity", -1],
    ["fewestAllocated", 0.5],
    ["mine", 2],
  ]);
});

test("a reader serves its own manager, the default all others", () => {
  const empty = { resources: new Map(), allocated: 0 };
  const { capacityOf } = compileSchedulerOptions({ capacity: { network: () => empty } });
  expect(capacityOf("network")({})).toBe(empty);
  expect(capacityOf("volume")({ volumes: 3 }).allocated).toBe(3);
  expect(capacityOf("constructor")({ volumes: 3 }).allocated).toBe(3);
});

test.each([
  [7, "expected an object of options, got 7"],
  [null, "expected an object of options, got null"],
  [{ filter: [] }, 'unknown option "filter"; known are filters, '],
  [{ filters: {} }, "filters: expected an array, got [object Object]"],
  [{ filters: [{ accepts }] }, "filters: expected a name for each"],
  [{ filters: [null] }, "filters: expected a name for each"],
  [{ filters: [{ name: "capacity", accepts }] }, 'filters: "capacity" is there twice'],
  [{ filters: [{ name: "mine" }] }, "filters[0].accepts: expected a function, got undefined"],
  [{ weighers: "mine" }, "weighers: expected an array, got mine"],
  [{ weighers: [{ name: "freeCapacity", multiplier: 1, weigh }] }, 'weighers: "freeCapacity" is there twice'],
  [{ filters: [{ name: "mine", accepts: Boolean, pure: "yes" }] }, "filters[0].pure: expected true or false, got yes"],
  [
    { weighers: [{ name: "mine", multiplier: 1, weigh: Number, pure: 1 }] },
    "weighers[0].pure: expected true or false, got 1",
  ],
  [{ weighers: [{ name: "mine", multiplier: 1 }] }, "weighers[0].weigh: expected a function, got undefined"],
  [
    { weighers: [{ name: "mine", multiplier: Number.NaN, weigh }] },
    "weighers[0].multiplier: expected a finite number, got NaN",
  ],
  [{ multipliers: { freeSpace: 1 } }, 'multipliers: unknown weigher "freeSpace"'],
  [{ multipliers: { freeCapacity: "1" } }, "multipliers.freeCapacity: expected a finite number, got 1"],
  [{ capacity: 7 }, "capacity: expected an object of functions, got 7"],
  [{ capacity: { volume: {} } }, "capacity.volume: expected a function, got [object Object]"],
  [{ maxAge: "soon" }, 'maxAge: expected milliseconds from 0 to 2147483647, or text like "30s", got "soon"'],
  [{ maxAge: 0 }, "maxAge: expected more than 0, got 0"],
  [{ downAfter: -1 }, 'downAfter: expected milliseconds from 0 to 2147483647, or text like "30s", got -1'],
  [{ holdFor: "0s" }, 'holdFor: expected more than 0, got "0s"'],
  [{ gather: "-1s" }, 'gather: expected milliseconds from 0 to 2147483647, or text like "30s", got "-1s"'],
  [{ resetTimeout: "-1s" }, 'resetTimeout: expected milliseconds from 0 to 2147483647, or text like "30s", got "-1s"'],
  [{ maxWaiting: 0 }, "maxWaiting: expected a whole number from 1, got 0"],
  [{ explained: 1.5 }, "explained: expected a whole number from 1, got 1.5"],
  [{ random: 0.5 }, "random: expected a function, got 0.5"],
])("%j is refused", (wrong, message) => {
  expect(() => compileSchedulerOptions(wrong as never)).toThrow(
    expect.objectContaining({ reason: "INVALID_OPTION", message: expect.stringContaining(message) }),
  );
});
