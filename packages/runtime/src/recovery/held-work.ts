import { catalogue, ReeveError, reeveError } from "@reeve/contract";
import type { Job } from "./job.ts";
import type { OpenCall } from "./open-calls.ts";

/** What a held resource waits for, as errors and reports tell it. */
export interface WaitingFor {
  readonly driver: string;
  readonly method: string;
  /** When the call entered the driver; ISO 8601. */
  readonly since: string;
}

/** Work that has failed and is not settled yet, because a call that it made into the driver still runs. */
export interface HeldWork {
  readonly resource: string;
  readonly kind: string;
  readonly waitingFor: WaitingFor;
}

export function waitingForOf({ driver, method, since }: OpenCall): WaitingFor {
  return { driver, method, since: since.toISOString() };
}

/**
 * What the caller of held work is told: what went wrong, and that it may yet take effect. Errors that a contract declares, and
 * those that are no ReeveError, pass as they are.
 */
export function heldError(error: unknown, { resource }: Job, call: OpenCall): unknown {
  if (!(error instanceof ReeveError) || !Object.hasOwn(catalogue, error.reason)) return error;
  const { code, reason, message, retryable, address } = error;
  const data = { ...(isRecord(error.data) ? error.data : {}), resource, waitingFor: waitingForOf(call) };
  return new ReeveError({ code, reason, message, retryable, address, data, outcome: "maybe-executed", cause: error });
}

/** The work said that it was done while a call that it had made still ran: nothing is settled on that word. */
export function notRested({ resource }: Job, call: OpenCall): ReeveError {
  const message = `the work on "${resource}" ended while ${call.driver}: ${call.method} still ran`;
  return reeveError("DEADLINE_EXCEEDED", message, { data: { resource, waitingFor: waitingForOf(call) } });
}

function isRecord(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
