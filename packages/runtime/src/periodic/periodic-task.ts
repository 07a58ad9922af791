import { type Duration, reeveError } from "@reeve/contract";
import { knownKeys, readDuration, shown } from "../config/index.ts";

/** Work that a manager does by itself, again and again. Give `every` or `cron`. */
export interface PeriodicTask<Context> {
  /** Time between turns, counted from the last turn's due time, however long it took. At least 1 ms. */
  readonly every?: Duration | undefined;
  /** Calendar times: five fields, or six with seconds first, as croner reads them. */
  readonly cron?: string | undefined;
  /** Where the cron pattern's day begins, an IANA name. Default `UTC`, the same for every member. */
  readonly timezone?: string | undefined;
  /** Whether the first turn is at the start instead of one interval later. Default false. */
  readonly immediately?: boolean | undefined;
  /**
   * Whether the task keeps its turns across restarts and crashes: the next one is due `every` after the last completed one
   * began, by the store's clock, and at once at the start when that has passed. A turn that failed, or was cut off, is not
   * completed: it comes again, so each is run at least once, and never beside itself. One that falls due while another process
   * holds the manager's address begins when the address is its own again. Needs a `store` on the manager, and
   * `every`. With `immediately`, the first turn of all is at the first start. Default false.
   */
  readonly durable?: boolean | undefined;
  /**
   * Who runs it: each member of a cluster for itself, or one for all of them. The one that runs for all holds a lease; when it
   * dies or drains another begins as at a start, and with `durable` goes on with the turns of the cluster. A turn whose member has lost
   * the lease gets its signal aborted; a member that was paused past its lease is fenced before another begins, so that of two turns
   * only one can write. Needs a `store` on the manager. In no cluster it runs as any task. Default `"member"`.
   */
  readonly scope?: "member" | "cluster" | undefined;
  /**
   * Each turn is late by a random time up to this; the next one's due time does not move. Shorter than `every`.
   * Default 0: give one where many managers would turn to the same service at once.
   */
  readonly jitter?: Duration | undefined;
  /** Whether the task runs at all; a function is asked at each turn. Default true. */
  readonly enabled?: boolean | (() => boolean) | undefined;
  /** The signal that comes with the context aborts when the manager stops. */
  readonly run: (context: Context) => unknown;
}

/** A task with its defaults filled in. */
export interface CompiledTask<Context> {
  readonly name: string;
  readonly everyMs: number | undefined;
  readonly cron: { readonly pattern: string; readonly timezone: string } | undefined;
  readonly immediately: boolean;
  readonly durable: boolean;
  readonly scope: "member" | "cluster";
  readonly jitterMs: number;
  readonly enabled: () => boolean;
  readonly run: (context: Context) => unknown;
}

const keys = ["every", "cron", "timezone", "immediately", "durable", "scope", "jitter", "enabled", "run"];

/** @throws ReeveError `INVALID_OPTION` naming the task, the field and the value */
export function compileTask<Context>(name: string, task: PeriodicTask<Context>): CompiledTask<Context> {
  const field = `periodic.${name}`;
  knownKeys(field, task, keys);
  const {
    every,
    cron,
    timezone = "UTC",
    immediately = false,
    durable = false,
    jitter,
    scope = "member",
    enabled = true,
    run,
  } = task;
  if ((every === undefined) === (cron === undefined)) refuse(field, "give either `every` or `cron`");
  if (cron !== undefined && typeof cron !== "string") refuse(`${field}.cron`, `expected a pattern, got ${shown(cron)}`);
  if (cron === undefined && task.timezone !== undefined) refuse(`${field}.timezone`, "only `cron` has a time zone");
  if (typeof immediately !== "boolean") refuse(`${field}.immediately`, `expected a boolean, got ${shown(immediately)}`);
  if (typeof durable !== "boolean") refuse(`${field}.durable`, `expected a boolean, got ${shown(durable)}`);
  if (scope !== "member" && scope !== "cluster")
    refuse(`${field}.scope`, `expected "member" or "cluster", got ${shown(scope)}`);
  if (durable && cron !== undefined) refuse(`${field}.durable`, "only `every` is kept across restarts, not `cron`");
  if (typeof run !== "function") refuse(`${field}.run`, `expected a function, got ${shown(run)}`);
  if (typeof enabled !== "boolean" && typeof enabled !== "function") {
    refuse(`${field}.enabled`, `expected a boolean or a function, got ${shown(enabled)}`);
  }
  const everyMs = every === undefined ? undefined : readDuration(`${field}.every`, every, 0, { minMs: 1 });
  const jitterMs = readDuration(`${field}.jitter`, jitter, 0);
  if (everyMs !== undefined && jitterMs >= everyMs) {
    refuse(
      `${field}.jitter`,
      `expected less than every ${shown(every)}, as turns would be skipped, got ${shown(jitter)}`,
    );
  }
  return {
    name,
    everyMs,
    cron: cron === undefined ? undefined : { pattern: cron, timezone },
    immediately,
    durable,
    scope,
    jitterMs,
    enabled: typeof enabled === "function" ? enabled : () => enabled,
    run,
  };
}

function refuse(field: string, why: string): never {
  throw reeveError("INVALID_OPTION", `${field}: ${why}`);
}
