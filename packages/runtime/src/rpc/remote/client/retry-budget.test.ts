import { describe, expect, test } from "vitest";
import { ManualClock } from "../../../base/manual-clock.ts";
import { RetryBudget } from "./retry-budget.ts";

function spend(budget: RetryBudget): number {
  let retries = 0;
  while (budget.withdraw()) retries++;
  return retries;
}

describe("RetryBudget", () => {
  test("allows a fifth of the calls", () => {
    const budget = new RetryBudget(new ManualClock());
    spend(budget);
    for (let call = 0; call < 100; call++) budget.deposit();
    expect(spend(budget)).toBeGreaterThanOrEqual(19);
    expect(spend(budget)).toBe(0);
  });

  test("allows ten a second without any calls, and saves up a hundred at most", async () => {
    const clock = new ManualClock();
    const budget = new RetryBudget(clock);
    expect(spend(budget)).toBe(10);
    await clock.advance(1_000);
    expect(spend(budget)).toBe(10);
    await clock.advance(3_600_000);
    for (let call = 0; call < 10_000; call++) budget.deposit();
    expect(spend(budget)).toBe(100);
  });
});
