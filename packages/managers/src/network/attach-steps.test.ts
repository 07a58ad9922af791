import { reeveError } from "@reeve/contract";
import { expect, test } from "vitest";
import { attachSteps } from "./attach-steps.ts";
import type { AttachStep } from "./contract.ts";

const quiet = { signal: new AbortController().signal, cancel: () => {} };

test("every step is told in order, also to a reader that is slow, and then what came of it", async () => {
  const steps = attachSteps(quiet, async (onStep) => {
    for (const step of ["claim", "segment", "wire"] as const) onStep(step);
    return "done";
  });
  const told = [await steps.next(), await steps.next(), await steps.next(), await steps.next()];
  expect(told.map(({ value }) => value)).toEqual([{ step: "claim" }, { step: "segment" }, { step: "wire" }, "done"]);
});

test("the work does not wait for its reader, and its failure is thrown to it", async () => {
  let ended = false;
  const steps = attachSteps(quiet, async (onStep) => {
    onStep("claim");
    await Promise.resolve();
    ended = true;
    throw new Error("no device");
  });
  expect(await steps.next()).toEqual({ value: { step: "claim" }, done: false });
  await new Promise((resolve) => setImmediate(resolve));
  expect(ended).toBe(true);
  await expect(steps.next()).rejects.toThrow("no device");
});

test("a reader that leaves is let go when the work has come to rest; only a cancel ends the work", async () => {
  const reasons = [reeveError("DEADLINE_EXCEEDED", "late"), reeveError("CANCELLED", "no longer wanted")];
  for (const reason of reasons) {
    const gone = new AbortController();
    const work = Promise.withResolvers<void>();
    let cancelled = false;
    const cancel = () => {
      cancelled = true;
    };
    const control = { signal: gone.signal, cancel };
    const steps = attachSteps(control, async (onStep: (step: AttachStep) => void) => {
      onStep("claim");
      await work.promise;
    });
    await steps.next();
    gone.abort(reason);
    let left = false;
    const leaving = steps.return(undefined).then(() => {
      left = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect([left, cancelled]).toEqual([false, reason.reason === "CANCELLED"]);
    work.resolve();
    await leaving;
  }
});
