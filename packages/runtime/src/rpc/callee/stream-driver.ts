import { setImmediate as turn } from "node:timers/promises";
import { reeveError } from "@reeve/contract";
import { describeIssues, issuesOf } from "@reeve/contract/internal";
import type { Logger } from "../../telemetry/logger.ts";
import { copyShared } from "../copy-shared.ts";
import type { RunningCall } from "./running-call.ts";
import type { Served } from "./served.ts";

/** After so many steps everybody else gets a turn, whatever the handler awaits. */
const stepsPerTurn = 64;

type Steps = Partial<AsyncGenerator<unknown, unknown>>;

/**
 * Runs a stream's generator to its end: progress goes to the reader, what it returns is the answer. Once its caller has
 * gone it is asked to return at its next step; a step that never comes keeps slot and lane, as any handler that ignores
 * its signal does.
 */
export async function drive(answer: unknown, served: Served, call: RunningCall, log: Logger): Promise<unknown> {
  const { operation } = served;
  const steps = ((await answer) ?? {}) as Steps;
  if (typeof steps.next !== "function") {
    throw reeveError("INVALID_OUTPUT", `${operation.name}: a stream's handler must be an async generator function`);
  }
  for (let count = 1; ; count++) {
    const step = await steps.next();
    if (step.done) return step.value;
    // Steps that nobody waits for may be made in one microtask after the other.
    if (count % stepsPerTurn === 0) await turn();
    try {
      await tell(step.value, served, call);
    } catch (error) {
      await leave(steps, operation.name, log);
      throw error;
    }
  }
}

/** @throws what ends the stream: its caller has gone, or the step is none that can be given to a reader */
async function tell(step: unknown, { operation, progress }: Served, call: RunningCall): Promise<void> {
  const { replay } = call;
  if (!call.settled || replay) {
    const parsed = await progress!.validate(step);
    if (parsed.issues) {
      const issues = issuesOf(parsed.issues);
      throw reeveError("INVALID_OUTPUT", `${operation.name}: progress: ${describeIssues(issues)}`, {
        data: { issues },
      });
    }
    const own = copyShared(parsed.value, step);
    await (replay ? replay.readers : call.progress)?.push(own);
    if (call.turn.isOver) await call.turn.turned();
  }
  // With a key it goes on when its caller has left: others may have joined it, or come yet.
  if (call.abortReason !== undefined || (call.settled && replay === undefined)) throw call.abortReason;
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
