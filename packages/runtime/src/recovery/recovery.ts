import { isReason } from "@reeve/contract";
import { backoff } from "../base/backoff.ts";
import type { Clock, Timer } from "../base/clock.ts";
import type { Random } from "../base/random.ts";
import type { Context } from "../rpc/callee/context.ts";
import type { Principal } from "../rpc/principal.ts";
import { type OpenStore, type StoreDefinition, sessionOf } from "../store/index.ts";
import type { Logger } from "../telemetry/index.ts";
import { type HeldWork, notRested, type WaitingFor, waitingForOf } from "./held-work.ts";
import type { IdempotencyKeys } from "./idempotency-keys.ts";
import type { InFlight } from "./in-flight.ts";
import type { Job, Recoverers, RecoveryContext } from "./job.ts";
import type { JournalRows } from "./journal-rows.ts";
import type { WorkScope } from "./work-scope.ts";

export interface RecoveryOptions<D extends StoreDefinition> {
  readonly opened: OpenStore<D>;
  readonly rows: JournalRows;
  readonly inFlight: InFlight;
  readonly scope: WorkScope;
  readonly epoch: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Where the calls that begin work keep their idempotency keys. */
  readonly keys?: IdempotencyKeys | undefined;
  /** Makes what one attempt calls others with; `hook` names it. It acts for the principal, where there is one. */
  readonly context: (hook: string, signal: AbortSignal, principal: Principal | undefined) => Context;
  /** While it says so, nothing is tried: it waits as what failed does. Default never. */
  readonly paused?: (() => boolean) | undefined;
}

interface Attempt {
  readonly job: Job;
  /** As its row has it. */
  readonly claims: number;
  /** Its row is this incarnation's already. */
  readonly taken?: boolean;
  /** Whether a claim was committed is not known: its row may be this incarnation's, with more claims. */
  readonly unsure?: boolean;
  /** Why the work failed, where that was in this incarnation. */
  readonly error: unknown;
  readonly attempt: number;
}

/** A failed recovery that waits to be tried again. */
interface Retry {
  readonly id: string;
  /** When, in milliseconds since 1970. */
  readonly at: number;
  readonly begin: () => void;
}

/** What failed work waits for. */
export type FailedWork =
  | {
      /** When it is tried again, in milliseconds since 1970. */
      readonly nextAt: number;
    }
  | {
      /** A call that it made into its driver, and that still runs. */
      readonly waitingFor: WaitingFor;
    };

/** `lost`: somebody else claimed the row, or cleared it. `held`: calls that the work made still run; tried when they have come to rest. */
export type RecoveryOutcome = "recovered" | "failed" | "unknown" | "lost" | "held";

/** Gives abandoned work to the manager's `recover`: claim, recover, clear; and again with backoff when that fails. */
export class Recovery<D extends StoreDefinition> {
  readonly #options: RecoveryOptions<D>;
  readonly #waitMs: (attempt: number) => number;
  readonly #retries = new Map<Timer, Retry>();
  /** Jobs that wait until the calls they made have come to rest, by id. */
  readonly #held = new Map<string, Job>();
  /** Jobs that are tried, or are to be tried again: one attempt at a time for each, or two might take a row for theirs. */
  readonly #tried = new Set<string>();
  #recoverers: Recoverers<D> = {};
  #closed = false;

  constructor(options: RecoveryOptions<D>) {
    this.#options = options;
    this.#waitMs = backoff({ initialMs: 1_000, maxMs: 60_000 }, options.random);
  }

  use(recoverers: Recoverers<D>): void {
    this.#recoverers = recoverers;
  }

  /** The kinds of work that can be recovered here. */
  get kinds(): readonly string[] {
    return Object.keys(this.#recoverers);
  }

  knows(kind: string): boolean {
    return Object.hasOwn(this.#recoverers, kind);
  }

  /** The work that waits for calls it made to come to rest. */
  held(): readonly HeldWork[] {
    const { calls } = this.#options.scope;
    return [...this.#held.values()].flatMap(({ id, resource, kind }) => {
      const longest = calls.longestOf(id);
      return longest ? [{ resource, kind, waitingFor: waitingForOf(longest) }] : [];
    });
  }

  /** The work that has failed here and waits, by id. What is being tried is not among it. */
  failed(): ReadonlyMap<string, FailedWork> {
    const failed = new Map<string, FailedWork>();
    for (const { id, at } of this.#retries.values()) failed.set(id, { nextAt: at });
    for (const id of this.#held.keys()) {
      const longest = this.#options.scope.calls.longestOf(id);
      if (longest) failed.set(id, { waitingFor: waitingForOf(longest) });
    }
    return failed;
  }

  /** The held work on a resource, if there is some. */
  heldOn(resource: string): Job | undefined {
    for (const job of this.#held.values()) if (job.resource === resource) return job;
    return undefined;
  }

  /**
   * Recovers one job whose row has this count of claims, as soon as the calls that it made into its driver have come to rest.
   * Never throws; a failure is logged and tried again later.
   */
  recover(job: Job, claims: number, error?: unknown): Promise<RecoveryOutcome> {
    return this.#try({ job, claims, error, attempt: 0 });
  }

  /** The same for a job whose row this incarnation has just taken. */
  recoverTaken(job: Job, claims: number): Promise<RecoveryOutcome> {
    return this.#try({ job, claims, taken: true, error: undefined, attempt: 0 });
  }

  /** Tries failed recoveries again now: what they lacked has come back. */
  retryNow(): void {
    const waiting = [...this.#retries];
    this.#retries.clear();
    for (const [timer, { begin }] of waiting) {
      this.#options.clock.clearTimeout(timer);
      begin();
    }
  }

  /** Ends the trying again; rows that wait for it, or are held, go to the next incarnation. */
  close(): void {
    this.#closed = true;
    this.#held.clear();
    for (const timer of this.#retries.keys()) this.#options.clock.clearTimeout(timer);
    this.#retries.clear();
  }

  /** Whatever caused it, it is nobody's work but its own. */
  #try(tried: Attempt): Promise<RecoveryOutcome> {
    const { inFlight, scope, keys } = this.#options;
    if (this.#hold(tried)) return Promise.resolve("held");
    const attempt = () => scope.outside(() => this.#attempt(tried));
    return inFlight.during(() => (keys ? keys.outside(attempt) : attempt()));
  }

  /** What the work has begun in the driver may yet take effect, and undo what is settled now. A drain does not wait for it. */
  #hold(tried: Attempt): boolean {
    const { inFlight, scope, log } = this.#options;
    const { id, kind, resource } = tried.job;
    const longest = scope.calls.longestOf(id);
    if (!longest) return false;
    const waitingFor = waitingForOf(longest);
    log.warn({ id, kind, resource, waitingFor }, "work is held: it is recovered when its driver call has come to rest");
    this.#held.set(id, tried.job);
    scope.calls.onReleased(id, () => {
      this.#held.delete(id);
      if (!this.#closed && !inFlight.aborted) void this.#try(tried);
    });
    return true;
  }

  async #attempt(tried: Attempt): Promise<RecoveryOutcome> {
    const { id } = tried.job;
    if (tried.attempt === 0 && this.#tried.has(id)) return "lost";
    this.#tried.add(id);
    const outcome = await this.#attemptOnce(tried);
    if (outcome !== "failed") this.#tried.delete(id);
    return outcome;
  }

  async #attemptOnce(tried: Attempt): Promise<RecoveryOutcome> {
    const { log } = this.#options;
    const { job, taken = false } = tried;
    const { id, kind, resource } = job;
    if (this.#options.paused?.()) {
      this.#retryLater(tried);
      return "failed";
    }
    if (!this.knows(kind)) {
      log.error(
        { id, kind, resource },
        "no recover function for this kind of work; its row is kept and its resource stays busy",
      );
      return "unknown";
    }
    let held = tried;
    try {
      if (!taken) {
        held = { ...tried, unsure: true };
        const claims = await this.#claim(tried).catch(unlessFenced);
        if (claims === undefined) return "lost";
        held = { ...tried, claims, unsure: false };
      }
      if (!(await this.#finish(held))) return "lost";
      log.info({ id, kind, resource }, "recovered work");
      return "recovered";
    } catch (error) {
      return this.#failed(held, error);
    }
  }

  /** Returns the claims that its row has then; undefined where somebody else has it, or has cleared it. */
  #claim({ job, claims, unsure = false }: Attempt): Promise<number | undefined> {
    const { opened, rows } = this.#options;
    return opened.store.transaction(async (tx) => {
      const session = sessionOf(tx, opened);
      if (!unsure) return rows.claim(session, job.id, claims);
      const [row] = await rows.takeAgain(session, [{ id: job.id, claims }]);
      return row?.claims;
    });
  }

  /** Resolves with whether the row was still its own. */
  #finish({ job, claims, error }: Attempt): Promise<boolean> {
    const { opened, rows, inFlight, scope, keys } = this.#options;
    return inFlight.withSignal(job, async (given, requireWanted) => {
      const finish = await this.#recoverers[job.kind]!(job, this.#contextOf(job, given, error));
      requireWanted();
      const running = scope.calls.longestOf(job.id);
      if (running) throw notRested(job, running);
      let settled = () => {};
      const cleared = opened.store.transaction(async (tx) => {
        const session = sessionOf(tx, opened);
        await rows.clear(session, job.id, claims);
        const result = await finish?.(tx);
        if (keys && job.key) settled = await keys.settle(session, job.key, result, error);
        return true;
      });
      if (!(await cleared.catch(unlessFenced))) return false;
      settled();
      return true;
    });
  }

  #contextOf({ kind, principal: begunFor }: Job, given: AbortSignal, error: unknown): RecoveryContext {
    const { epoch, context } = this.#options;
    const made = context(`recover ${kind}`, given, begunFor);
    const { signal, log, principal, peer, requestId } = made;
    return { signal, log, principal, peer, requestId, ref: (contract) => made.ref(contract), epoch, error };
  }

  async #failed(tried: Attempt, error: unknown): Promise<RecoveryOutcome> {
    const { opened, rows, log } = this.#options;
    const { job, claims, attempt } = tried;
    const { id, kind, resource } = job;
    const message = error instanceof Error ? error.message : String(error);
    log.warn({ id, kind, resource, attempt, err: error }, "recovery failed; it is tried again");
    // The note is for people: without it the row is tried again all the same.
    await opened.store
      .transaction((tx) => rows.noteFailure(sessionOf(tx, opened), id, claims, message))
      .catch((noteError) => log.warn({ id, err: noteError }, "the failed recovery could not be noted"));
    this.#retryLater({ ...tried, taken: false, job: { ...job, failedRecoveries: job.failedRecoveries + 1 } });
    return "failed";
  }

  #retryLater(tried: Attempt): void {
    const { clock, inFlight } = this.#options;
    if (this.#closed || inFlight.aborted) return;
    const begin = () => void this.#try({ ...tried, attempt: tried.attempt + 1 });
    if (this.#hold({ ...tried, attempt: tried.attempt + 1 })) return;
    const ms = this.#waitMs(tried.attempt);
    const timer = clock.setTimeout(() => {
      this.#retries.delete(timer);
      begin();
    }, ms);
    this.#retries.set(timer, { id: tried.job.id, at: clock.wallNow() + ms, begin });
  }
}

/** Of a transaction of its own. What `recover` has called may be fenced itself, which says nothing of this one. */
function unlessFenced(error: unknown): undefined {
  if (!isReason(error, "FENCED")) throw error;
}
