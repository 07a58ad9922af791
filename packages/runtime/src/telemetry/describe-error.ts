import { catalogue, ReeveError } from "@reeve/contract";

/** Causes followed, and members of an aggregate shown: an error may be its own cause. */
const deepest = 8;

/**
 * What a log line tells of an error: name, message, stack, codes and causes.
 *
 * Other properties are left out, because libraries hang whole requests with their credentials on errors. `data` is kept
 * only under reasons of Reeve's own catalogue; a contract's declared data may hold secrets.
 */
export function describeError(error: unknown, depth = 0): Readonly<Record<string, unknown>> {
  if (!(error instanceof Error)) return { name: typeof error, message: textOf(error) };
  const { name, message, stack } = error;
  const described: Record<string, unknown> = { name, message };
  if (error instanceof ReeveError) {
    const { code, reason, outcome, address, data } = error;
    Object.assign(described, { code, reason, outcome, ...(address === undefined ? {} : { address }) });
    if (data !== undefined && Object.hasOwn(catalogue, reason)) described.data = data;
  } else {
    for (const key of ["code", "syscall"] as const) {
      const value: unknown = (error as { code?: unknown; syscall?: unknown })[key];
      if (typeof value === "string" || typeof value === "number") described[key] = value;
    }
  }
  if (stack !== undefined) described.stack = stack;
  if (depth >= deepest) return described;
  if (error.cause !== undefined) described.cause = describeError(error.cause, depth + 1);
  if (error instanceof AggregateError) {
    described.errors = error.errors.slice(0, deepest).map((member) => describeError(member, depth + 1));
  }
  return described;
}

/** What was thrown, as text; never throws. */
export function textOf(value: unknown): string {
  try {
    return String(value);
  } catch {
    return "[no text]";
  }
}
