import type { ReeveError } from "@reeve/contract";
import type { Clock } from "../../base/clock.ts";
import type { Principal } from "../../rpc/principal.ts";
import type { Logger } from "../../telemetry/index.ts";
import { type Listed, numberKey } from "./page-of.ts";
import type { AuditRecord } from "./schemas.ts";
import { shortText } from "./short-text.ts";

/** How many actions are kept, and of how many callers and operations the refusals. */
const mostActions = 256;
const mostRefusals = 64;

/** Who does what to which manager. */
export interface AuditedAction {
  readonly operation: string;
  readonly manager: string | undefined;
  /** What else there is to know of it, for people. */
  readonly detail?: string | undefined;
  readonly principal: Principal;
  /** Who called, as the transport knows it. */
  readonly peer: string;
  readonly remote: boolean;
  readonly requestId?: string | undefined;
}

type Writable = { -readonly [K in keyof AuditRecord]: AuditRecord[K] };

interface Kept {
  /** Counts up. */
  readonly number: number;
  readonly record: AuditRecord;
}

/**
 * What was done to a host and its managers, and what was refused: one log line and one record each, on the host itself. The
 * newest 256 actions are kept. Refusals are kept apart, so that a flood of them pushes out no action: one record for each caller
 * and operation, 64 of them, with how often; a line at the first, the tenth, the hundredth and so on.
 */
export class Audit {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #actions: Kept[] = [];
  /** By caller and operation, the one refused longest ago first. */
  readonly #refusals = new Map<string, Kept>();
  #count = 0;

  constructor(clock: Clock, log: Logger) {
    this.#clock = clock;
    this.#log = log;
  }

  /** Runs an action, and keeps what became of it. Throws what it throws. */
  async during<R>(action: AuditedAction, run: () => Promise<R> | R): Promise<R> {
    const record = this.#record(action, "running");
    this.#actions.push({ number: ++this.#count, record });
    if (this.#actions.length > mostActions) this.#actions.shift();
    const startedAt = this.#clock.now();
    try {
      const result = await run();
      record.outcome = "done";
      return result;
    } catch (error) {
      record.outcome = "failed";
      record.error = errorOf(error);
      throw error;
    } finally {
      record.tookMs = Math.round(this.#clock.now() - startedAt);
      this.#tell(record);
    }
  }

  refused(action: AuditedAction, error: ReeveError): void {
    const key = `${action.peer} ${action.operation}`;
    const times = (this.#refusals.get(key)?.record.times ?? 0) + 1;
    const record = { ...this.#record(action, "refused"), error: errorOf(error), times };
    this.#refusals.delete(key);
    this.#refusals.set(key, { number: ++this.#count, record });
    for (const [oldest] of this.#refusals) {
      if (this.#refusals.size <= mostRefusals) break;
      this.#refusals.delete(oldest);
    }
    if (Number.isInteger(Math.log10(times))) this.#tell(record);
  }

  /** The newest first. */
  listed(): readonly Listed<AuditRecord>[] {
    const kept = [...this.#actions, ...this.#refusals.values()];
    return kept.map(({ number, record }) => ({ key: numberKey(Number.MAX_SAFE_INTEGER - number), item: record }));
  }

  #record(
    { operation, manager, detail, principal, peer, remote, requestId }: AuditedAction,
    outcome: AuditRecord["outcome"],
  ): Writable {
    return {
      at: this.#clock.wallNow(),
      operation,
      manager: manager === undefined ? null : shortText(manager),
      detail: detail === undefined ? null : shortText(detail),
      user: principal.user,
      tenant: principal.tenant ?? null,
      peer,
      remote,
      requestId: requestId ?? null,
      outcome,
      error: null,
      tookMs: null,
      times: 1,
    };
  }

  #tell(record: AuditRecord): void {
    const { user, peer, remote, operation, manager, outcome, error } = record;
    const where = remote ? ` from ${peer}` : "";
    const what = manager === null ? operation : `${operation} ${manager}`;
    const became = error === null ? outcome : `${outcome}, ${error.reason}`;
    const { requestId, detail, tookMs, times, tenant } = record;
    const line = {
      audit: true,
      action: operation,
      manager,
      detail,
      user,
      tenant,
      peer,
      remote,
      requestId,
      outcome,
      error,
      tookMs,
      times,
    };
    this.#log[outcome === "refused" ? "warn" : "info"](line, `${user}${where}: ${what}: ${became}`);
  }
}

function errorOf(error: unknown): NonNullable<AuditRecord["error"]> {
  const { reason = "UNDECLARED", message = String(error) } = (error ?? {}) as Partial<ReeveError>;
  return { reason: String(reason), message: shortText(String(message)) };
}
