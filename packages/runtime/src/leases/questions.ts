import { isReason, type ReeveError } from "@reeve/contract";
import type { Clock, Timer } from "../base/clock.ts";
import type { DatabaseView } from "./database-view.ts";
import type { Lease } from "./lease.ts";
import type { LeaseRows } from "./lease-rows.ts";
import { leaseMs, lookEveryMs, lostAfterMs, promptMs } from "./lease-times.ts";
import { momentOf, msSince } from "./moment.ts";

interface QuestionsOptions {
  readonly rows: LeaseRows;
  readonly clock: Clock;
  readonly view: DatabaseView;
  readonly isKnown: (name: string, epoch: number) => boolean;
}

/** Each is a transaction of its own: one that waits for another's lock holds up no other. */
const askedAtOnce = 8;

/** Asks for leases: at once, and when another's has become free, as a look at all of them together shows. */
export class Questions {
  readonly #options: QuestionsOptions;
  /** The first of each name. */
  readonly #waiting = new Map<string, Lease>();
  readonly #toAsk = new Set<Lease>();
  readonly #asking = new Set<Promise<void>>();
  #looking: Promise<void> | undefined;
  #timer: Timer | undefined;
  #closed = false;

  constructor(options: QuestionsOptions) {
    this.#options = options;
  }

  add(lease: Lease): void {
    this.#waiting.set(lease.name, lease);
    this.#ask(lease);
    this.#plan();
  }

  remove(lease: Lease): void {
    if (this.#waiting.get(lease.name) === lease) this.#waiting.delete(lease.name);
    this.#toAsk.delete(lease);
    this.#plan();
  }

  /** Whether a question for that name is out, or has been and is to be repeated. */
  isAskedFor(name: string): boolean {
    return this.#waiting.has(name);
  }

  /** Asks nothing more; resolves when what was asked is answered. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#options.clock.clearTimeout(this.#timer);
    this.#toAsk.clear();
    await Promise.all([this.#looking, ...this.#asking]);
  }

  #ask(lease: Lease): void {
    if (this.#closed || lease.state !== "waiting") return;
    this.#toAsk.add(lease);
    this.#askNext();
  }

  #askNext(): void {
    for (const lease of this.#toAsk) {
      if (this.#asking.size >= askedAtOnce) return;
      this.#toAsk.delete(lease);
      const asking = this.#take(lease).finally(() => {
        this.#asking.delete(asking);
        this.#askNext();
      });
      this.#asking.add(asking);
    }
  }

  async #take(lease: Lease): Promise<void> {
    const { rows, clock, view, isKnown } = this.#options;
    const { name, holder, fences, resumes } = lease.options;
    const sentAt = momentOf(clock);
    // While it waited for the database, the holder could not renew either.
    const mayJudge = (databaseNow: number) =>
      !view.wasSet(sentAt, databaseNow) &&
      (!fences || (view.unbrokenMs >= leaseMs && msSince(clock, sentAt) <= promptMs));
    lease.tell("ask");
    try {
      const epoch = await rows.take({
        name,
        holder,
        fences,
        resumes,
        mayJudge,
        isKnown: (known) => isKnown(name, known),
      });
      view.answered(sentAt);
      if (epoch === undefined) lease.tell("refused");
      else lease.grant(epoch, sentAt, msSince(clock, sentAt) >= lostAfterMs);
    } catch (error) {
      if (!isReason(error, "FENCED")) {
        view.failed();
        return lease.tell("failed", error);
      }
      holder.onFenced?.(error as ReeveError);
      lease.tell("ended", error);
      lease.tell("refused");
    }
  }

  #plan(): void {
    const { clock } = this.#options;
    if (this.#closed || this.#looking || this.#waiting.size === 0) {
      clock.clearTimeout(this.#timer);
      this.#timer = undefined;
      return;
    }
    this.#timer ??= clock.setTimeout(() => {
      this.#timer = undefined;
      this.#looking = this.#look().finally(() => {
        this.#looking = undefined;
        this.#plan();
      });
    }, lookEveryMs);
  }

  /** One statement for all names that are waited for, and nothing written. */
  async #look(): Promise<void> {
    const { rows, clock, view } = this.#options;
    const sentAt = momentOf(clock);
    try {
      const resuming = [...this.#waiting.values()].filter(({ options }) => options.resumes);
      for (const lease of resuming) this.#ask(lease);
      const free = await rows.free([...this.#waiting.keys()]);
      view.wasSet(sentAt, free.databaseNow);
      view.answered(sentAt);
      for (const name of free.names) {
        const lease = this.#waiting.get(name);
        if (lease) this.#ask(lease);
      }
    } catch {
      // The next look tells; what is held is told lost by its own clock.
      view.failed();
    }
  }
}
