import { ReeveError } from "@reeve/contract";
import { backoff } from "../base/backoff.ts";
import type { Clock, Timer } from "../base/clock.ts";
import type { Random } from "../base/random.ts";
import type { Context } from "../rpc/context.ts";
import { type OpenStore, type StoreDefinition, sessionOf } from "../store/index.ts";
import type { Logger } from "../telemetry/index.ts";
import type { InFlight } from "./in-flight.ts";
import type { Job, Recoverers, RecoveryContext } from "./job.ts";
import type { JournalRows } from "./journal-rows.ts";

export interface RecoveryOptions<D extends StoreDefinition> {
  readonly opened: OpenStore<D>;
  readonly rows: JournalRows;
  readonly inFlight: InFlight;
  readonly epoch: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Makes what one attempt calls others with; `hook` names it. */
  readonly context: (hook: string, signal: AbortSignal) => Context;
  /** While it says so, nothing is tried: it waits as what failed does. Default never. */
  readonly paused?: (() => boolean) | undefined;
}

interface Attempt {
  readonly job: Job;
  /** As its row has it. */
  readonly claims: number;
  /** Why the work failed, where that was in this incarnation. */
  readonly error: unknown;
  readonly attempt: number;
}

/** `lost`: somebody else claimed the row, or cleared it. */
export type RecoveryOutcome = "recovered" | "failed" | "unknown" | "lost";

/** Gives abandoned work to the manager's `recover`: claim, recover, clear; and again with backoff when that fails. */
export class Recovery<D extends StoreDefinition> {
  readonly #options: RecoveryOptions<D>;
  readonly #waitMs: (attempt: number) => number;
  readonly #retries = new Map<Timer, () => void>();
  #recoverers: Recoverers<D> = {};
  #closed = false;

  constructor(options: RecoveryOptions<D>) {
    this.#options = options;
    this.#waitMs = backoff({ initialMs: 1_000, maxMs: 60_000 }, options.random);
  }

  use(recoverers: Recoverers<D>): void {
    this.#recoverers = recoverers;
  }

  knows(kind: string): boolean {
    return Object.hasOwn(this.#recoverers, kind);
  }

  /** Recovers one job whose row has this count of claims. Never throws; a failure is logged and tried again later. */
  recover(job: Job, claims: number, error?: unknown): Promise<RecoveryOutcome> {
    return this.#options.inFlight.during(() => this.#attempt({ job, claims, error, attempt: 0 }));
  }

  /** Tries failed recoveries again now: what they lacked has come back. */
  retryNow(): void {
    const waiting = [...this.#retries];
    this.#retries.clear();
    for (const [timer, retry] of waiting) {
      this.#options.clock.clearTimeout(timer);
      retry();
    }
  }

  /** Ends the trying again; rows that wait for it go to the next incarnation. */
  close(): void {
    this.#closed = true;
    for (const timer of this.#retries.keys()) this.#options.clock.clearTimeout(timer);
    this.#retries.clear();
  }

  async #attempt(tried: Attempt): Promise<RecoveryOutcome> {
    const { opened, rows, log } = this.#options;
    const { job, claims } = tried;
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
    let held = claims;
    try {
      if (!(await opened.store.transaction((tx) => rows.claim(sessionOf(tx, opened), id, claims)))) return "lost";
      held = claims + 1;
      await this.#finish({ ...tried, claims: held });
      log.info({ id, kind, resource }, "recovered work");
      return "recovered";
    } catch (error) {
      return this.#failed({ ...tried, claims: held }, error);
    }
  }

  async #finish({ job, claims, error }: Attempt): Promise<void> {
    const { opened, rows, inFlight } = this.#options;
    await inFlight.withSignal(job.id, job.resource, async (given) => {
      const finish = await this.#recoverers[job.kind]!(job, this.#contextOf(job, given, error));
      await opened.store.transaction(async (tx) => {
        await rows.clear(sessionOf(tx, opened), job.id, claims);
        await finish?.(tx);
      });
    });
  }

  #contextOf({ kind }: Job, given: AbortSignal, error: unknown): RecoveryContext {
    const { epoch, context } = this.#options;
    const made = context(`recover ${kind}`, given);
    const { signal, log, principal, peer, requestId } = made;
    return { signal, log, principal, peer, requestId, ref: (contract) => made.ref(contract), epoch, error };
  }

  async #failed(tried: Attempt, error: unknown): Promise<RecoveryOutcome> {
    const { opened, rows, log } = this.#options;
    const { job, claims, attempt } = tried;
    const { id, kind, resource } = job;
    if (error instanceof ReeveError && error.reason === "FENCED") return "lost";
    const message = error instanceof Error ? error.message : String(error);
    log.warn({ id, kind, resource, attempt, err: error }, "recovery failed; it is tried again");
    // The note is for people: without it the row is tried again all the same.
    await opened.store
      .transaction((tx) => rows.noteFailure(sessionOf(tx, opened), id, claims, message))
      .catch((noteError) => log.warn({ id, err: noteError }, "the failed recovery could not be noted"));
    this.#retryLater({ ...tried, job: { ...job, failedRecoveries: job.failedRecoveries + 1 } });
    return "failed";
  }

  #retryLater(tried: Attempt): void {
    const { clock, inFlight } = this.#options;
    if (this.#closed || inFlight.aborted) return;
    const retry = () => void inFlight.during(() => this.#attempt({ ...tried, attempt: tried.attempt + 1 }));
    const timer = clock.setTimeout(() => {
      this.#retries.delete(timer);
      retry();
    }, this.#waitMs(tried.attempt));
    this.#retries.set(timer, retry);
  }
}
