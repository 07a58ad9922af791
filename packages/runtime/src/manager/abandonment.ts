import { reeveError } from "@reeve/contract";
import { knownKeys, shown } from "../config/index.ts";
import { type WaitingFor, type WorkJournal, waitingForOf } from "../recovery/index.ts";
import type { RunningCall } from "../rpc/callee/running-call.ts";
import type { Service } from "../rpc/callee/service.ts";

/** What an operator abandons, and why. */
export interface AbandonOptions {
  /** Abandon what is done to this resource: the operation that works on it or holds its lane, and its journalled work. */
  readonly resource?: string | undefined;
  /** Abandon the operations that run for this request. Give this or `resource`. */
  readonly requestId?: string | undefined;
  /** For the audit line and for whoever still waits. 1 to 500 characters. */
  readonly reason: string;
  /** Who says so, for the audit line. Default "operator". */
  readonly by?: string | undefined;
}

export interface CompiledAbandonment extends AbandonOptions {
  readonly by: string;
}

/** What was abandoned. */
export interface AbandonReport {
  /** Operations whose slot and lane are free now. */
  readonly operations: readonly AbandonedOperation[];
  /** Resources whose work is recovered now. */
  readonly resources: readonly string[];
  /** Driver calls that are not waited for any more, though they may still run. */
  readonly driverCalls: readonly WaitingFor[];
}

export interface AbandonedOperation {
  readonly operation: string;
  readonly requestId: string;
  readonly lane: string | undefined;
  readonly resource: string | undefined;
}

/** @throws ReeveError `INVALID_OPTION` naming field and value */
export function compileAbandonment(options: AbandonOptions): CompiledAbandonment {
  knownKeys("abandon", options, ["resource", "requestId", "reason", "by"]);
  const { resource, requestId, reason, by = "operator" } = options;
  if ((resource === undefined) === (requestId === undefined))
    throw reeveError("INVALID_OPTION", "abandon: expected either resource or requestId");
  if (resource !== undefined) requireText("resource", resource, 200);
  if (requestId !== undefined) requireText("requestId", requestId, 200);
  requireText("reason", reason, 500);
  requireText("by", by, 200);
  return { resource, requestId, reason, by };
}

function requireText(field: string, value: unknown, longest: number): void {
  if (typeof value === "string" && value.trim() !== "" && value.length <= longest) return;
  throw reeveError("INVALID_OPTION", `abandon: ${field}: expected 1 to ${longest} characters, got ${shown(value)}`);
}

/** Where something is abandoned: one incarnation. */
interface Abandoning {
  /** `manager/address`. */
  readonly key: string;
  readonly address: string;
  readonly service: Service;
  readonly journal: WorkJournal | undefined;
}

/** Tells callers, then ends the work, and only then lets others have slots and lanes: they find the resource `BUSY` until it is settled. */
export function abandonIn(
  { key, address, service, journal }: Abandoning,
  { resource, requestId, reason }: CompiledAbandonment,
): AbandonReport {
  const isMeant = (call: RunningCall) =>
    requestId === undefined ? call.lane === resource || call.resource === resource : call.requestId === requestId;
  const calls = service.runner.abandon(isMeant, ({ operation }) =>
    reeveError("ABANDONED", `${key}: ${operation.name} was abandoned: ${reason}`, { address }),
  );
  const operations = calls.map((call) => ({
    operation: call.operation.name,
    requestId: call.requestId,
    lane: call.lane,
    resource: call.resource,
  }));
  const resources: string[] = [];
  const driverCalls: WaitingFor[] = [];
  for (const one of new Set([resource, ...operations.map((operation) => operation.resource)])) {
    const work = one === undefined ? undefined : journal?.abandon(one, reason);
    if (one === undefined || !work?.found) continue;
    resources.push(one);
    driverCalls.push(...work.calls.map(waitingForOf));
  }
  service.runner.release(calls);
  return { operations, resources, driverCalls };
}
