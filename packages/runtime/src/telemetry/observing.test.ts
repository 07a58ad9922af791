import { expect, test } from "vitest";
import { ManualClock } from "../base/manual-clock.ts";
import type { Ending } from "./observer.ts";
import { ManagerObserving, Observing } from "./observing.ts";
import { recordingLogger } from "./recording-logger.ts";

test("whatever is thrown, what was begun ends once, and as a failure", async () => {
  const log = recordingLogger();
  for (const thrown of [Object.create(null), undefined, null, Symbol("s"), "text"]) {
    const ends: Ending[] = [];
    const observer = { transaction: () => ({ end: (ending: Ending) => void ends.push(ending) }) };
    const observing = new ManagerObserving(
      new Observing(observer, new ManualClock(), log),
      "mill",
      "a",
      () => undefined,
    );
    const failing = observing.during(observing.transaction(), async () => {
      throw thrown;
    });
    expect(await failing.catch((error: unknown) => error)).toBe(thrown);
    expect(ends).toMatchObject([{ error: expect.any(Error), outcome: "executed", address: "a" }]);
  }
  expect(log.lines).toEqual([]);
});
