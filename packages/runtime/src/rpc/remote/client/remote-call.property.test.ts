import fc from "fast-check";
import { expect, test } from "vitest";
import { CallWorld, type WorldStep, worldSteps } from "./call-world.fixture.ts";
import type { Repeat } from "./remote-call-state.ts";

const runs = Number(process.env.REEVE_CALL_RUNS ?? 4_000);
const repeat = fc.constantFrom<Repeat>("never", "anywhere", "byKey");
/** What moves a call on is more frequent than what ends it. */
const often: readonly WorldStep[] = [
  "publish",
  "publish",
  "publish",
  "arrive",
  "arrive",
  "arrive",
  "relink",
  "relink",
  "standStill",
  "goOn",
];
const step = fc.constantFrom<WorldStep>(...worldSteps, ...often, ...often, "answerArrives", "answerArrives");
const steps = fc.array(fc.tuple(step, fc.nat(7)), { maxLength: 80, size: "max" });

function live(kind: Repeat, taken: readonly (readonly [WorldStep, number])[]): CallWorld {
  const world = new CallWorld(kind);
  for (const [step, choice] of taken) world.take(step, choice);
  return world;
}

test("whatever happens in whatever order, its caller is told what is so, and it runs at most once", () => {
  fc.assert(
    fc.property(repeat, steps, (kind, taken) => {
      const world = live(kind, taken);
      world.expire();
      // Late copies must not make untrue what was told.
      world.deliverAll();
      expect(world.untrue()).toBeUndefined();
    }),
    { numRuns: runs, seed: 9 },
  );
});

test("it is settled by its deadline, and says something to its caller exactly once", () => {
  fc.assert(
    fc.property(repeat, steps, (kind, taken) => {
      const world = live(kind, taken);
      world.expire();
      expect({ state: world.state.name, told: world.told.length }).toEqual({ state: "settled", told: 1 });
    }),
    { numRuns: runs, seed: 10 },
  );
});

test("what never reached its callee runs once the links hold, if its incarnation lives", () => {
  fc.assert(
    fc.property(repeat, steps, (kind, taken) => {
      const world = live(
        kind,
        taken.filter(([step]) => !fatal.has(step)),
      );
      fc.pre(world.state.name !== "settled");
      world.calm();
      expect(world.told).toEqual([{ outcome: "executed" }]);
    }),
    { numRuns: runs, seed: 11 },
  );
});

/** What ends the incarnation, or the wait. */
const fatal = new Set<WorldStep>([
  "end",
  "hearGone",
  "return",
  "cancel",
  "forget",
  "elsewhere",
  "refuse",
  "takeOver",
  "supplant",
]);
