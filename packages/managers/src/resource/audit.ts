import type { Context } from "@reeve/runtime";

/** What an operator does that cannot be undone, and to what. */
export interface AuditedAct {
  /** The operation. */
  readonly action: string;
  readonly reason: string;
  readonly [field: string]: unknown;
}

/**
 * Writes a line with `audit: true` to the log: what was done, to what, by which user, and why.
 *
 * @param did what the user did, after the user's name
 * @example
 * ```ts
 * audit(ctx, { action: "forget", id, host, reason }, `forgot volume ${id} of ${host}`);
 * ```
 */
export function audit({ principal, log }: Pick<Context, "principal" | "log">, act: AuditedAct, did: string): void {
  const by = principal.user;
  log.warn({ audit: true, ...act, by }, `${by} ${did}: ${act.reason}`);
}
