import { ReeveError } from "@reeve/contract";

/** What one manager of several failed with, as callers far away may read it. */
export interface ManagerFailure {
  readonly manager: string;
  readonly reason: string;
  readonly message: string;
}

export function failureOf(manager: string, error: unknown): ManagerFailure {
  const reason = error instanceof ReeveError ? error.reason : "UNDECLARED";
  return { manager, reason, message: error instanceof Error ? error.message : String(error) };
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
