import { describeIssues, issuesOf, reeveError } from "@reeve/contract";
import type { Logger } from "../telemetry/logger.ts";
import type { Call } from "./call.ts";
import { copyShared } from "./copy-shared.ts";
import type { Served } from "./served.ts";

type Steps = Partial<AsyncGenerator<unknown, unknown>>;

/**
 * Runs a stream's generator to its end: progress goes to the reader, what it returns is the answer. Once its caller has
 * gone it is asked to return at its next step; a step that never comes keeps slot and lane, as any handler that ignores
 * its signal does.
 */
export async function drive(answer: unknown, served: Served, call: Call, log: Logger): Promise<unknown> {
  const { operation, progress } = served;
  const steps = ((await answer) ?? {}) as Steps;
  if (typeof steps.next !== "function") {
    throw reeveError("INVALID_OUTPUT", `${operation.name}: a stream's handler must be an async generator function`);
  }
  for (;;) {
    const step = await steps.next();
    if (step.done) return step.value;
    if (!call.settled) {
      const parsed = await progress!.validate(step.value);
      if (parsed.issues) {
        await leave(steps, operation.name, log);
        const issues = issuesOf(parsed.issues);
        throw reeveError("INVALID_OUTPUT", `${operation.name}: progress: ${describeIssues(issues)}`, {
          data: { issues },
        });
      }
      await call.progress?.push(copyShared(parsed.value, step.value));
    }
    // With a key it may go on when its caller has left.
    if (call.abortReason !== undefined || (call.settled && call.replay === undefined)) {
      await leave(steps, operation.name, log);
      throw call.abortReason;
    }
  }
}

/** Lets the handler clean up. What it throws by doing so is not what the caller is told. */
async function leave(steps: Steps, operation: string, log: Logger): Promise<void> {
  try {
    const last = await steps.return?.(undefined);
    // Nobody asks it for another step, so it runs no further; but it has not cleaned up.
    if (last && !last.done) log.warn({ operation }, "a stream's handler yielded where it was asked to end");
  } catch (error) {
    log.warn({ err: error, operation }, "a stream's handler failed where it was asked to end");
  }
}
