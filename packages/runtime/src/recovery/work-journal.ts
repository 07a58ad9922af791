import { reeveError } from "@reeve/contract";
import type { Clock } from "../base/clock.ts";
import type { Ids } from "../base/ids.ts";
import type { Random } from "../base/random.ts";
import { knownKeys } from "../config/index.ts";
import type { Registration, Registry } from "../registry/index.ts";
import type { Context } from "../rpc/callee/context.ts";
import type { CurrentCall } from "../rpc/callee/current-call.ts";
import type { RunningCall } from "../rpc/callee/running-call.ts";
import type { IdempotencyKey } from "../rpc/idempotency-key.ts";
import type { Principal } from "../rpc/principal.ts";
import { type Database, type OpenStore, type StoreDefinition, sessionOf, type Transaction } from "../store/index.ts";
import type { Logger, ManagerObserving } from "../telemetry/index.ts";
import { type HeldWork, heldError, notRested } from "./held-work.ts";
import type { IdempotencyKeys } from "./idempotency-keys.ts";
import { IdleJobs, runWithinMs } from "./idle-jobs.ts";
import { InFlight } from "./in-flight.ts";
import type { BeginOptions, Effect, Job, Recoverers } from "./job.ts";
import { JournalRows, jobOf, type LeftRow, type RowFate } from "./journal-rows.ts";
import type { OpenCall } from "./open-calls.ts";
import { PeerRows } from "./peer-rows.ts";
import { type FailedWork, Recovery, type RecoveryOutcome } from "./recovery.ts";
import type { RecoveryReport, Work } from "./work.ts";
import { abandonedWork, WorkScope } from "./work-scope.ts";
import { type WorkRow, workStore } from "./work-store.ts";
import { streamWork } from "./work-stream.ts";

export interface WorkJournalOptions<D extends StoreDefinition> {
  readonly database: Database;
  readonly registry: Registry;
  readonly registration: Registration;
  readonly opened: OpenStore<D>;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly random: Random;
  readonly log: Logger;
  /** Tells which call begins and runs work. Default: none does. */
  readonly current?: CurrentCall | undefined;
  /** Where calls keep their idempotency keys. Default: nowhere. */
  readonly keys?: IdempotencyKeys | undefined;
  /** Makes the context of one attempt to recover; `hook` names it. It acts for the principal, where there is one. */
  readonly context: (hook: string, signal: AbortSignal, principal: Principal | undefined) => Context;
  /** Sees the work that is run. Default: nobody does. */
  readonly observing?: ManagerObserving | undefined;
  /** Of the same incarnation; its hook belongs into `opened`. Default: one that knows of no driver. */
  readonly scope?: WorkScope | undefined;
  /** While it says so, nothing is recovered. Default never. */
  readonly paused?: (() => boolean) | undefined;
}

/** What was abandoned on a resource. */
export interface AbandonedWork {
  /** Whether work on it ran, or was held. */
  readonly found: boolean;
  /** The driver calls that are not waited for any more. */
  readonly calls: readonly OpenCall[];
}

/** A driver has several hands, but not hundreds. */
const recoveredAtOnce = 8;
const longestName = 200;

/** One incarnation's view of the work journal. */
export class WorkJournal<D extends StoreDefinition = any> {
  /** What the manager gets. */
  readonly work: Work<D>;
  readonly #options: WorkJournalOptions<D>;
  readonly #rows: JournalRows;
  readonly #scope: WorkScope;
  readonly #inFlight: InFlight;
  readonly #recovery: Recovery<D>;
  readonly #started = new WeakSet<Job>();
  readonly #idle: IdleJobs;
  readonly #peerRows: PeerRows<D>;

  private constructor(options: WorkJournalOptions<D>) {
    const { database, registration, scope = new WorkScope(), ...shared } = options;
    const { epoch } = registration;
    this.#options = options;
    this.#scope = scope;
    this.#inFlight = new InFlight(scope, ({ id, resource }, err) =>
      options.log.warn({ id, resource, err }, "abandoned work has returned; what came of it is dropped"),
    );
    this.#rows = new JournalRows(database, registration, (id) => this.#scope.calls.longestOf(id));
    this.#peerRows = new PeerRows({ ...shared, rows: this.#rows });
    this.#idle = new IdleJobs(options.clock, (job) => this.#recoverForgotten(job));
    this.#recovery = new Recovery({ ...shared, rows: this.#rows, inFlight: this.#inFlight, scope, epoch });
    this.work = {
      begin: (tx, kind, resource, payload, options) => this.#begin(tx, kind, resource, payload, options),
      run: (job, effect) => this.#run(job, effect),
      stream: (job, effect) => streamWork(effect, (doing) => this.#run(job, doing)),
      cancel: (resource, reason = cancelled(resource)) => this.#inFlight.cancel(resource, reason),
      requireReleased: (tx, resource) => this.#requireReleased(tx, resource),
      underWay: (resources) => this.#rows.underWay(resources),
      abandon: (tx, resource) => this.#rows.abandonWork(sessionOf(tx, options.opened), resource),
    };
  }

  static async open<D extends StoreDefinition>(options: WorkJournalOptions<D>): Promise<WorkJournal<D>> {
    await options.database.migrate(workStore);
    return new WorkJournal(options);
  }

  /** How many jobs and recoveries run. */
  get inFlight(): number {
    return this.#inFlight.size;
  }

  /** Work that has failed and waits for a driver call that it made to come to rest. */
  held(): readonly HeldWork[] {
    return this.#recovery.held();
  }

  /** Work that has failed and waits, for its next try or for a driver call that it made to come to rest; by id. */
  failed(): ReadonlyMap<string, FailedWork> {
    return this.#recovery.failed();
  }

  /**
   * Waits no longer for what is done to a resource: running work is told to end, may do nothing more, and what it returns is
   * dropped; calls that it made into the driver are not waited for. Its recovery begins at once.
   */
  abandon(resource: string, reason: string): AbandonedWork {
    const held = this.#recovery.heldOn(resource);
    const running = this.#inFlight.abandon(resource, abandonedWork(resource, reason));
    const ids = new Set([...(held ? [held.id] : []), ...running.map(({ id }) => id)]);
    return { found: ids.size > 0, calls: [...ids].flatMap((id) => this.#scope.calls.abandon(id)) };
  }

  /** What to do with interrupted work, by kind. */
  use(recoverers: Recoverers<D>): void {
    this.#recovery.use(recoverers);
  }

  /** Recovers the work that earlier incarnations of this address did not finish. Resolves when each was tried once. */
  async recoverCrashed(): Promise<RecoveryReport> {
    return this.#recoverRows(await this.#rows.abandoned());
  }

  /** Whether a fenced address of the same manager has left work that can be recovered here: of incarnations before an epoch. */
  async hasLeft(address: string, before: number): Promise<boolean> {
    const { kinds } = this.#recovery;
    return kinds.length > 0 && this.#rows.hasLeft(address, before, kinds);
  }

  /**
   * Recovers the work that incarnations before an epoch have left at another address of the same manager; they are fenced. Of
   * several peers that do so at once, one gets each row. Work of a kind that is not known here is left to those who know it.
   *
   * @param options `only`: the kinds of work that may be recovered here, default every one that is known; `signal`: nothing more
   * is claimed once it has aborted
   */
  async takeOver(
    address: string,
    before: number,
    { only, signal }: { readonly only?: readonly string[] | undefined; readonly signal?: AbortSignal } = {},
  ): Promise<RecoveryReport> {
    const { keys } = this.#options;
    const kinds = this.#recovery.kinds.filter((kind) => only?.includes(kind) ?? true);
    const counts = { recovered: 0, failed: 0, unknown: 0, held: 0 };
    if (kinds.length === 0) return counts;
    const take = () => this.#scope.outside(() => this.#peerRows.take(address, before, kinds));
    while (!signal?.aborted) {
      const rows = await (keys ? keys.outside(take) : take());
      if (rows.length === 0) return counts;
      const report = await this.#recoverRows(rows, true);
      for (const name of ["recovered", "failed", "unknown", "held"] as const) counts[name] += report[name];
    }
    return counts;
  }

  /** What incarnations before an epoch have left at an address, of whatever kind: the first so many. */
  leftAt(address: string, before: number, most: number): Promise<readonly LeftRow[]> {
    return this.#rows.leftAt(address, before, most);
  }

  /** What became of rows, of those that are still there. */
  fates(ids: readonly string[]): Promise<readonly RowFate[]> {
    return this.#rows.fates(ids);
  }

  /** Tries failed recoveries again at once: the driver has come back. */
  retryNow(): void {
    this.#recovery.retryNow();
  }

  /** Resolves when nothing of it runs any more. */
  settled(): Promise<void> {
    return this.#inFlight.settled();
  }

  /** Stops trying failed recoveries again, and looking for jobs that nobody runs. What runs goes on. */
  close(): void {
    this.#idle.close();
    this.#peerRows.close();
    this.#recovery.close();
  }

  /** Aborts the signals of all work, now and later: fenced, or out of time to drain. The next incarnation recovers it. */
  abort(reason: unknown): void {
    this.close();
    this.#inFlight.abort(reason);
  }

  async #begin<P>(
    tx: Transaction<D>,
    kind: string,
    resource: string,
    payload?: P,
    options: BeginOptions = {},
  ): Promise<Job<P>> {
    const { opened, ids, clock, current, keys } = this.#options;
    const { keyStandsFor = resource } = options;
    knownKeys("work options", options, ["keyStandsFor"]);
    checkName("kind", kind);
    checkName("resource", resource);
    checkName("keyStandsFor", keyStandsFor);
    if (!this.#recovery.knows(kind)) {
      throw reeveError(
        "INVALID_OPTION",
        `kind "${kind}": declare it in the manager's jobs, with a function in recover: a crash would leave it behind`,
      );
    }
    const session = sessionOf(tx, opened);
    const begunAt = new Date(clock.wallNow());
    const call = current?.get();
    const principal = call?.principal;
    const key = keys && call && storedKeyOf(call);
    const job = await this.#rows.begin(session, { id: ids(), kind, resource, payload, begunAt, key, principal });
    if (key) await keys.began(session, key, keyStandsFor);
    this.#idle.add(job);
    return job;
  }

  #run<R>(job: Job, effect: Effect<D, R>): Promise<R> {
    const { observing } = this.#options;
    if (observing === undefined) return this.#inFlight.during(() => this.#runOnce(job, effect));
    const observed = observing.work(job.kind, job.resource);
    return this.#inFlight.during(() => observing.during(observed, () => this.#runOnce(job, effect)));
  }

  async #runOnce<R>(job: Job, effect: Effect<D, R>): Promise<R> {
    const { opened, registration } = this.#options;
    if (this.#started.has(job))
      throw reeveError("STORE_MISUSE", `work ${job.id} on "${job.resource}" was run already; a job runs once`);
    this.#started.add(job);
    this.#idle.delete(job);
    // Its successor recovers what this incarnation had begun: nothing may be done to the resource beside that.
    if (this.#inFlight.aborted) throw gone(job);
    try {
      // A paused process may come back when its work has long been recovered elsewhere.
      if (!(await this.#rows.holds(job.id, 0))) throw gone(job);
      return await this.#inFlight.withSignal(job, async (signal, requireWanted) => {
        const ended = this.#options.current?.work(signal, job.resource);
        try {
          const finish = await effect({ signal, epoch: registration.epoch });
          requireWanted();
          const running = this.#scope.calls.longestOf(job.id);
          if (running) throw notRested(job, running);
          return await opened.store.transaction(async (tx) => {
            await this.#rows.clear(sessionOf(tx, opened), job.id, 0);
            return (await finish?.(tx)) as R;
          });
        } finally {
          ended?.();
        }
      });
    } catch (error) {
      if (this.#inFlight.aborted) throw error;
      const waitedFor = this.#scope.calls.longestOf(job.id);
      await this.#recovery.recover(job, 0, error);
      throw waitedFor ? heldError(error, job, waitedFor) : error;
    }
  }

  async #requireReleased(tx: Transaction<D>, resource: string): Promise<void> {
    const { opened } = this.#options;
    if (this.#recovery.heldOn(resource)) await this.#rows.requireFree(sessionOf(tx, opened), resource);
  }

  /** It may never have been committed: then nothing comes of this. */
  #recoverForgotten(job: Job): void {
    const { id, kind, resource } = job;
    const error = reeveError(
      "CANCELLED",
      `work ${id} on "${resource}" was begun, and not run within ${runWithinMs} ms`,
    );
    this.#options.log.warn({ id, kind, resource, runWithinMs }, "work was begun and not run; recovering it");
    void this.#recovery.recover(job, 0, error);
  }

  /** @param taken they are this incarnation's already */
  async #recoverRows(rows: readonly WorkRow[], taken = false): Promise<RecoveryReport> {
    const counts = { recovered: 0, failed: 0, unknown: 0, lost: 0, held: 0 };
    const waiting = rows.values();
    const recoverNext = async () => {
      for (const row of waiting) counts[await this.#recoverRow(row, taken)] += 1;
    };
    await Promise.all(Array.from({ length: recoveredAtOnce }, recoverNext));
    const { recovered, failed, unknown, held } = counts;
    return { recovered, failed, unknown, held };
  }

  async #recoverRow(row: WorkRow, taken: boolean): Promise<RecoveryOutcome> {
    try {
      const job = jobOf(row);
      return await (taken ? this.#recovery.recoverTaken(job, row.claims) : this.#recovery.recover(job, row.claims));
    } catch (error) {
      this.#options.log.error(
        { id: row.id, resource: row.resource, err: error },
        "a damaged row of the work journal is kept",
      );
      return "unknown";
    }
  }
}

/** Kept by the store: what repeats the call asks there. */
function storedKeyOf({ replay, offered }: RunningCall): IdempotencyKey | undefined {
  return offered?.operation.dedupe === "store" ? replay?.id : undefined;
}

function checkName(field: string, value: string): void {
  if (typeof value === "string" && value !== "" && value.length <= longestName) return;
  throw reeveError(
    "INVALID_OPTION",
    `work ${field}: expected a name of 1 to ${longestName} characters, got ${JSON.stringify(value)?.slice(0, 80)}`,
  );
}

function gone(job: Job): Error {
  return reeveError(
    "FENCED",
    `work ${job.id} on "${job.resource}" is not this incarnation's: it was not committed, or was recovered elsewhere`,
  );
}

function cancelled(resource: string): Error {
  return reeveError("CANCELLED", `the work on "${resource}" was cancelled`);
}
