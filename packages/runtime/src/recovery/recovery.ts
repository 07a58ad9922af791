import { ReeveError } from "@reeve/contract";
import { backoff } from "../base/backoff.ts";
import type { Clock, Timer } from "../base/clock.ts";
import type { Random } from "../base/random.ts";
import { type OpenStore, type StoreDefinition, sessionOf } from "../store/index.ts";
import type { Logger } from "../telemetry/index.ts";
import type { InFlight } from "./in-flight.ts";
import type { Job, Recoverers } from "./job.ts";
import type { JournalRows } from "./journal-rows.ts";

export interface RecoveryOptions<D extends StoreDefinition> {
  readonly opened: OpenStore<D>;
  readonly rows: JournalRows;
  readonly inFlight: InFlight;
  readonly epoch: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

/** `lost`: somebody else claimed the row, or cleared it. */
export type RecoveryOutcome = "recovered" | "failed" | "unknown" | "lost";

/** Gives abandoned work to the manager's `recover`: claim, recover, clear; and again with backoff when that fails. */
export class Recovery<D extends StoreDefinition> {
  readonly #options: RecoveryOptions<D>;
  readonly #waitMs: (attempt: number) => number;
  readonly #retries = new Set<Timer>();
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
  recover(job: Job, claims: number): Promise<RecoveryOutcome> {
    return this.#options.inFlight.during(() => this.#attempt(job, claims, 0));
  }

  /** Ends the trying again; rows that wait for it go to the next incarnation. */
  close(): void {
    this.#closed = true;
    for (const timer of this.#retries) this.#options.clock.clearTimeout(timer);
    this.#retries.clear();
  }

  async #attempt(job: Job, claims: number, attempt: number): Promise<RecoveryOutcome> {
    const { opened, rows, log } = this.#options;
    const { id, kind, resource } = job;
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
      await this.#finish(job, held);
      log.info({ id, kind, resource }, "recovered work");
      return "recovered";
    } catch (error) {
      return this.#failed(job, held, attempt, error);
    }
  }

  async #finish(job: Job, claims: number): Promise<void> {
    const { opened, rows, inFlight, epoch } = this.#options;
    await inFlight.withSignal(job.id, job.resource, async (signal) => {
      const finish = await this.#recoverers[job.kind]!(job, { signal, epoch });
      await opened.store.transaction(async (tx) => {
        await rows.clear(sessionOf(tx, opened), job.id, claims);
        await finish?.(tx);
      });
    });
  }

  async #failed(job: Job, claims: number, attempt: number, error: unknown): Promise<RecoveryOutcome> {
    const { opened, rows, log } = this.#options;
    const { id, kind, resource } = job;
    if (error instanceof ReeveError && error.reason === "FENCED") return "lost";
    const message = error instanceof Error ? error.message : String(error);
    log.warn({ id, kind, resource, attempt, err: error }, "recovery failed; it is tried again");
    // The note is for people: without it the row is tried again all the same.
    await opened.store
      .transaction((tx) => rows.noteFailure(sessionOf(tx, opened), id, claims, message))
      .catch((noteError) => log.warn({ id, err: noteError }, "the failed recovery could not be noted"));
    this.#retryLater({ ...job, failedRecoveries: job.failedRecoveries + 1 }, claims, attempt);
    return "failed";
  }

  #retryLater(job: Job, claims: number, attempt: number): void {
    const { clock, inFlight } = this.#options;
    if (this.#closed || inFlight.aborted) return;
    const timer = clock.setTimeout(() => {
      this.#retries.delete(timer);
      void inFlight.during(() => this.#attempt(job, claims, attempt + 1));
    }, this.#waitMs(attempt));
    this.#retries.add(timer);
  }
}
