import { type Outcome, type ReeveError, reeveError } from "@reeve/contract";

/**
 * What everything on a closed transport is refused with: `TRANSPORT_CLOSED`, `never-sent`.
 *
 * @example
 * ```ts
 * throw transportClosed(`subscribe to ${subject}`);
 * ```
 */
export function transportClosed(what: string): ReeveError {
  return reeveError("TRANSPORT_CLOSED", `${what}: the transport was closed; make a new one`);
}

/**
 * The link is down (`never-sent`) or broke on the way (`maybe-executed`).
 *
 * @example
 * ```ts
 * throw linkLost(`publish to ${subject}`, "never-sent");
 * ```
 */
export function linkLost(what: string, outcome: Outcome, cause?: unknown): ReeveError {
  const happened = outcome === "never-sent" ? "not connected to a broker" : "the link to the broker broke";
  return reeveError("LINK_LOST", `${what}: ${happened}; connect() resolves when it is back`, {
    outcome,
    retryable: outcome === "never-sent",
    cause,
  });
}
