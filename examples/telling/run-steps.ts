import { messageOf } from "./format.ts";
import type { Step } from "./step.ts";
import type { Teller } from "./teller.ts";

/** How one step ended. */
export interface StepReport {
  readonly name: string;
  readonly ok: boolean;
  readonly ms: number;
  /** Why it did not hold. */
  readonly why?: string;
}

/** Runs steps one after the other. The first that does not hold is the last: those after it build on it. */
export async function runSteps<House>(
  steps: readonly Step<House>[],
  house: House,
  tell: Teller,
): Promise<readonly StepReport[]> {
  const reports: StepReport[] = [];
  for (const [index, step] of steps.entries()) {
    tell.begin(index + 1, step.title);
    const report = await runStep(step, house, tell);
    reports.push(report);
    tell.end(report.ms, report.why);
    if (!report.ok) break;
  }
  return reports;
}

async function runStep<House>({ name, run }: Step<House>, house: House, tell: Teller): Promise<StepReport> {
  const startedAt = performance.now();
  const ms = () => Math.round(performance.now() - startedAt);
  try {
    await run(house, tell);
    return { name, ok: true, ms: ms() };
  } catch (error) {
    return { name, ok: false, ms: ms(), why: messageOf(error) };
  }
}
