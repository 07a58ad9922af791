import { type ReeveError, reeveError } from "@reeve/contract";

/** What one manager of several failed with. */
interface ManagerFailure {
  readonly manager: string;
  readonly address: string;
  readonly error: unknown;
}

/** For whoever asked for a reset: every manager that failed it, and why. */
export function resetFailed(failures: readonly ManagerFailure[]): ReeveError {
  return reeveError("INVALID_OPTION", `reset: ${failures.map(({ error }) => messageOf(error)).join("; ")}`, {
    code: "FAILED_PRECONDITION",
    data: { failures },
  });
}

/** For the log, where each of them has a line of its own by then that says why. */
export function resetFailedBriefly(error: unknown): unknown {
  const { failures } = ((error as ReeveError).data ?? {}) as { readonly failures?: readonly ManagerFailure[] };
  if (!failures) return error;
  const who = failures.map(({ manager, address }) => `${manager}/${address}`);
  return reeveError("INVALID_OPTION", `reset: refused or failed at ${who.join(", ")}; each says why in its own line`, {
    code: "FAILED_PRECONDITION",
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
