import { ReeveError } from "@reeve/contract";
import { shortText } from "./short-text.ts";

/** What one manager of several failed with, as callers far away may read it. */
export interface ManagerFailure {
  readonly manager: string;
  readonly reason: string;
  readonly message: string;
}

export function failureOf(manager: string, error: unknown): ManagerFailure {
  const reason = error instanceof ReeveError ? error.reason : "UNDECLARED";
  return { manager, reason, message: shortText(error instanceof Error ? error.message : String(error)) };
}

/** Does the same to several at once; what some fail with keeps the others from nothing. */
export async function failuresOf(
  managers: readonly string[],
  act: (manager: string) => Promise<void>,
): Promise<ManagerFailure[]> {
  const settled = await Promise.allSettled(managers.map(act));
  return settled.flatMap((result, index) =>
    result.status === "rejected" ? [failureOf(managers[index]!, result.reason)] : [],
  );
}

/** What `supervisor.reset` throws: what the `host` contract declares. */
export function resetFailed(failures: readonly ManagerFailure[]): ReeveError {
  const message = `reset: ${failures.map((failure) => failure.message).join("; ")}`;
  return new ReeveError({
    ...{ code: "FAILED_PRECONDITION", reason: "RESET_FAILED", message, outcome: "executed" },
    data: { failures },
  });
}

/** The same for the log, where each of them has a line of its own by then that says why. */
export function resetFailedBriefly(error: unknown): unknown {
  if (!(error instanceof ReeveError) || error.reason !== "RESET_FAILED") return error;
  const { failures } = error.data as { readonly failures: readonly ManagerFailure[] };
  const { code, reason, outcome } = error;
  const message = `reset: refused or failed at ${failures.map(({ manager }) => manager).join(", ")}; each says why in its own line`;
  return new ReeveError({ code, reason, outcome, message });
}
