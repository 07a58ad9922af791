import { type ReeveError, reeveError } from "@reeve/contract";
import type { Clock } from "../../base/clock.ts";
import type { Ids } from "../../base/ids.ts";
import type { ReceivedCall } from "../../rpc/callee/received-call.ts";
import { type AdministeredManager, callsOf } from "./administered-manager.ts";
import { type Listed, numberKey } from "./page-of.ts";
import type { CallInfo } from "./schemas.ts";
import { shortText } from "./short-text.ts";

/** A call that runs or waits, and where. */
interface Found {
  readonly call: ReceivedCall;
  readonly begunAt: number;
  readonly info: CallInfo;
}

/**
 * The calls that run or wait in the managers of a host. Each gets a name when it is first listed: a request's id is shared by
 * all calls that follow from it. A name is good for as long as the call is there, and never names another.
 */
export class CallsInFlight {
  readonly #clock: Clock;
  readonly #ids: Ids;
  readonly #names = new WeakMap<ReceivedCall, string>();

  constructor(clock: Clock, ids: Ids) {
    this.#clock = clock;
    this.#ids = ids;
  }

  /** Of these managers, the oldest first. */
  of(managers: Iterable<AdministeredManager>): readonly CallInfo[] {
    return this.#found(managers).map(({ info }) => info);
  }

  /** @param find what each has in it. Default: all */
  listed(managers: Iterable<AdministeredManager>, find = ""): readonly Listed<CallInfo>[] {
    const sought = find.trim().toLowerCase();
    return this.#found(managers)
      .filter(({ info }) => sought === "" || wordsOf(info).includes(sought))
      .map(({ begunAt, info }) => ({ key: `${numberKey(begunAt)} ${info.id}`, item: info }));
  }

  /**
   * Ends a call: who waits for it is told `CANCELLED`. One that waits never runs; one that runs has its signal aborted, and goes
   * on until it heeds that. Returns what it was; undefined where there is none of that name.
   */
  cancel(managers: Iterable<AdministeredManager>, id: string, why: string): CallInfo | undefined {
    const found = this.#found(managers).find(({ info }) => info.id === id);
    if (!found) return undefined;
    const { call, info } = found;
    call.abort(cancelled(call, why));
    return info;
  }

  #found(managers: Iterable<AdministeredManager>): readonly Found[] {
    const now = this.#clock.now();
    const found: Found[] = [];
    for (const manager of managers) for (const call of callsOf(manager)) found.push(this.#find(manager.key, call, now));
    return found.sort((one, other) => one.begunAt - other.begunAt || (one.info.id < other.info.id ? -1 : 1));
  }

  #find(manager: string, call: ReceivedCall, now: number): Found {
    // One that came in this turn of the loop has no clock yet.
    call.startClock(now);
    const begunAt = Number.isFinite(call.timeoutMs) ? Math.min(now, call.deadlineAt - call.timeoutMs) : now;
    const { user, tenant, roles } = call.principal;
    const info: CallInfo = {
      id: this.#nameOf(call),
      manager,
      operation: call.operation.name,
      requestId: call.requestId,
      caller: call.caller,
      remote: call.remoteCaller,
      principal: { user, tenant: tenant ?? null, roles: [...roles] },
      stage: call.waiting ?? (call.running ? "running" : "start"),
      awaited: !call.settled,
      lane: call.lane === undefined ? null : shortText(call.lane),
      resource: call.resource === undefined ? null : shortText(call.resource),
      ageMs: Math.round(now - begunAt),
      deadlineInMs: Number.isFinite(call.deadlineAt) ? Math.round(call.deadlineAt - now) : null,
    };
    return { call, begunAt, info };
  }

  #nameOf(call: ReceivedCall): string {
    let name = this.#names.get(call);
    if (name === undefined) {
      name = this.#ids();
      this.#names.set(call, name);
    }
    return name;
  }
}

function cancelled(call: ReceivedCall, why: string): ReeveError {
  const outcome = call.running ? "maybe-executed" : "not-executed";
  return reeveError("CANCELLED", `${call.manager}: ${call.operation.name}: cancelled ${why}`, { outcome });
}

function wordsOf({ manager, operation, caller, principal: { user, tenant }, requestId }: CallInfo): string {
  return `${manager} ${operation} ${caller} ${user} ${tenant ?? ""} ${requestId}`.toLowerCase();
}
