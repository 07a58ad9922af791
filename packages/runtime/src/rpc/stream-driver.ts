import { type CompiledOperation, describeIssues, issuesOf, reeveError } from "@reeve/contract";
import type { Call } from "./call.ts";

/** Runs a stream's generator to its end: progress goes to the reader, what it returns is the answer. */
export async function drive(answer: unknown, operation: CompiledOperation, call: Call): Promise<unknown> {
  const generator = answer as AsyncGenerator<unknown, unknown>;
  if (typeof generator?.next !== "function") {
    throw reeveError("INVALID_OUTPUT", `${operation.name}: a stream's handler must be an async generator function`);
  }
  const parse = operation.progress!["~standard"].validate;
  for (;;) {
    const step = await generator.next();
    if (step.done) return step.value;
    const parsed = await parse(step.value);
    if (parsed.issues) {
      await generator.return(undefined);
      throw reeveError("INVALID_OUTPUT", `${operation.name}: progress: ${describeIssues(issuesOf(parsed.issues))}`);
    }
    await call.progress?.push(parsed.value);
    if (call.settled) {
      // Its caller has gone: let the handler clean up.
      await generator.return(undefined);
      throw call.abortReason;
    }
  }
}
