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
    resetPatienceMs: 45_000,
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
  [7, "7 is no options object"],
  [null, "null is no options object"],
  [{ filter: [] }, 'unknown option "filter"; known are filters, '],
  [{ filters: {} }, "filters: [object Object] is no array"],
  [{ filters: [{ accepts }] }, "filters: one has no name"],
  [{ filters: [null] }, "filters: one has no name"],
  [{ filters: [{ name: "capacity", accepts }] }, 'filters: "capacity" is there twice'],
  [{ filters: [{ name: "mine" }] }, "filters[0].accepts: undefined is no function"],
  [{ weighers: "mine" }, "weighers: mine is no array"],
  [{ weighers: [{ name: "freeCapacity", multiplier: 1, weigh }] }, 'weighers: "freeCapacity" is there twice'],
  [{ weighers: [{ name: "mine", multiplier: 1 }] }, "weighers[0].weigh: undefined is no function"],
  [{ weighers: [{ name: "mine", multiplier: Number.NaN, weigh }] }, "weighers[0].multiplier: NaN is no finite number"],
  [{ multipliers: { freeSpace: 1 } }, 'multipliers: unknown weigher "freeSpace"'],
  [{ multipliers: { freeCapacity: "1" } }, "multipliers.freeCapacity: 1 is no finite number"],
  [{ capacity: 7 }, "capacity: 7 is no object of functions"],
  [{ capacity: { volume: {} } }, "capacity.volume: [object Object] is no function"],
  [{ maxAge: "soon" }, 'maxAge: "soon"'],
  [{ maxAge: 0 }, "maxAge: 0 must be longer than 0"],
  [{ downAfter: -1 }, "downAfter: -1"],
  [{ holdFor: "0s" }, 'holdFor: "0s" must be longer than 0'],
  [{ gather: "-1s" }, 'gather: "-1s"'],
  [{ resetPatience: "-1s" }, 'resetPatience: "-1s"'],
  [{ maxWaiting: 0 }, "maxWaiting: 0 is no whole number from 1"],
  [{ explained: 1.5 }, "explained: 1.5 is no whole number from 1"],
  [{ random: 0.5 }, "random: 0.5 is no function"],
])("%j is refused", (wrong, message) => {
  expect(() => compileSchedulerOptions(wrong as never)).toThrow(
    expect.objectContaining({ reason: "INVALID_OPTION", message: expect.stringContaining(message) }),
  );
});
