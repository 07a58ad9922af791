import { expect, test } from "vitest";
import { ManualClock } from "../base/manual-clock.ts";
import { HealthProbe } from "./health-probe.ts";

function probing() {
  const clock = new ManualClock();
  const asked: { readonly signal: AbortSignal; answer(working: boolean): void }[] = [];
  const verdicts: (string | undefined)[] = [];
  const probe = new HealthProbe({
    clock,
    everyMs: 10_000,
    timeoutMs: 5_000,
    isWorking: (signal) => new Promise((resolve) => asked.push({ signal, answer: resolve })),
    onVerdict: (problem) => verdicts.push(problem),
  });
  return { clock, asked, verdicts, probe };
}

const hang = "isWorking gave no answer within 5000 ms";

test("it asks at once, and one that hangs is told so and asked anew at the next turn", async () => {
  const { clock, asked, verdicts, probe } = probing();
  expect(asked).toHaveLength(1);
  await clock.advance(5_000);
  expect(verdicts).toEqual([hang]);
  expect(asked[0]!.signal.aborted).toBe(true);
  await clock.advance(5_000);
  expect(asked).toHaveLength(2);
  asked[1]!.answer(true);
  await clock.advance(0);
  expect(verdicts).toEqual([hang, undefined]);
  expect(asked[1]!.signal.aborted).toBe(false);
  probe.stop();
  expect(clock.pending).toBe(0);
});

test("a late answer counts until somebody has asked again", async () => {
  const { clock, asked, verdicts, probe } = probing();
  await clock.advance(6_000);
  asked[0]!.answer(true);
  await clock.advance(0);
  expect(verdicts).toEqual([hang, undefined]);
  await clock.advance(14_000);
  expect(asked).toHaveLength(3);
  asked[1]!.answer(true);
  await clock.advance(0);
  expect(verdicts).toEqual([hang, undefined, hang]);
  asked[2]!.answer(false);
  await clock.advance(0);
  expect(verdicts.at(-1)).toBe("isWorking said no");
  probe.stop();
});
