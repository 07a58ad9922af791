import { isReason, type ReeveError } from "@reeve/contract";
import type { Clock, Timer } from "../base/clock.ts";
import type { DatabaseView } from "./database-view.ts";
import type { Lease, LeaseHolder } from "./lease.ts";
import type { LeaseId, LeaseRows } from "./lease-rows.ts";
import { lostAfterMs, renewEveryMs, retryEveryMs } from "./lease-times.ts";
import { type Moment, momentOf, msSince } from "./moment.ts";

interface RenewalsOptions {
  readonly rows: LeaseRows;
  readonly clock: Clock;
  readonly view: DatabaseView;
  /** Whether a lease of that name is asked for, so that a row of it may be about to be known. */
  readonly isAskedFor: (name: string) => boolean;
  /** What is held could not be renewed. */
  readonly onNotRenewed: () => void;
}

/** Renews what a process holds in one statement, frees what it has let go of, and tells what is lost. One round at a time. */
export class Renewals {
  readonly #options: RenewalsOptions;
  /** By name: a process holds one of a name at most. */
  readonly #held = new Map<string, Lease>();
  /** Let go of since the last round. */
  #toRelease: Lease[] = [];
  /** Lost since the last round that was answered: their rows must not be renewed with the others. */
  #toDisown: LeaseId[] = [];
  /** Rows of this process that nobody here knows of. */
  #strays: LeaseId[] = [];
  /** They lost a lease: it may be that they are fenced, and know nothing of it. */
  readonly #toCheck = new Set<LeaseHolder>();
  #round: Promise<void> | undefined;
  #again = false;
  #renewalDue = false;
  /** The last round has failed. */
  #failed = false;
  #sentAt: Moment | undefined;
  #renewTimer: Timer | undefined;
  #lossTimer: Timer | undefined;

  constructor(options: RenewalsOptions) {
    this.#options = options;
  }

  /** Whether a row of this process is one that it knows of. */
  knows(name: string, epoch: number): boolean {
    if (this.#held.get(name)?.epoch === epoch) return true;
    const isMeant = (id: LeaseId) => id.name === name && id.epoch === epoch;
    return this.#toRelease.some(isMeant) || this.#toDisown.some(isMeant);
  }

  add(lease: Lease): void {
    this.#held.set(lease.name, lease);
    this.#plan();
  }

  disown(lease: Lease): void {
    this.#forget(lease);
    this.#toDisown.push({ name: lease.name, epoch: lease.epoch });
    this.#toCheck.add(lease.options.holder);
    this.#plan();
  }

  letGo(lease: Lease): void {
    this.#forget(lease);
    this.#toRelease.push(lease);
    this.#begin();
  }

  /** One that was lost, and is let go of later, may have a successor here. */
  #forget(lease: Lease): void {
    if (this.#held.get(lease.name) === lease) this.#held.delete(lease.name);
  }

  /** Resolves when what was let go of is told. */
  async settled(): Promise<void> {
    while (this.#round) await this.#round;
  }

  close(): void {
    this.#options.clock.clearTimeout(this.#renewTimer);
    this.#options.clock.clearTimeout(this.#lossTimer);
  }

  #begin(): void {
    if (this.#round) {
      this.#again = true;
      return;
    }
    this.#round = this.#run().finally(() => {
      this.#round = undefined;
      if (this.#again) this.#begin();
      else this.#plan();
    });
  }

  async #run(): Promise<void> {
    // What is told here may let go of more: by then this round is known to have begun.
    await undefined;
    this.#again = false;
    const { rows, clock, view, onNotRenewed } = this.#options;
    // After a pause its own time may be over before any timer has said so.
    this.#tellLost();
    const due = this.#renewalDue;
    const renewed = due ? [...this.#held.values()] : [];
    const released = this.#toRelease;
    const disown = [...this.#toDisown];
    const strays = this.#strays;
    this.#toRelease = [];
    this.#strays = [];
    this.#renewalDue = false;
    this.#failed = false;
    for (const lease of renewed) lease.tell("renew");
    const sentAt = momentOf(clock);
    if (due) this.#sentAt = sentAt;
    let kept: ReadonlyMap<string, number> | undefined;
    try {
      kept = await rows.keep({ release: [...released, ...strays], disown, renew: renewed.length > 0 });
      this.#toDisown = this.#toDisown.filter((id) => !disown.includes(id));
      view.answered(sentAt);
    } catch (error) {
      view.failed();
      this.#failed = true;
      for (const lease of renewed) lease.tell("failed", error);
      if (due) onNotRenewed();
    }
    if (kept) this.#hear(kept, renewed, sentAt);
    this.#tellLost();
    for (const lease of released) lease.tell("settled");
    await this.#tellFenced();
  }

  #hear(kept: ReadonlyMap<string, number>, renewed: readonly Lease[], sentAt: Moment): void {
    const late = msSince(this.#options.clock, sentAt) >= lostAfterMs;
    for (const lease of renewed) {
      if (kept.get(lease.name) !== lease.epoch) lease.tell("gone");
      else if (!late) {
        lease.confirmedAt = sentAt;
        lease.tell("confirmed");
      }
    }
    // Of a question whose answer was lost.
    for (const [name, epoch] of kept)
      if (!this.knows(name, epoch) && !this.#options.isAskedFor(name)) this.#strays.push({ name, epoch });
    if (this.#strays.length > 0) this.#again = true;
  }

  async #tellFenced(): Promise<void> {
    for (const holder of this.#toCheck) {
      try {
        await this.#options.rows.requireCurrent(holder);
      } catch (error) {
        // The database fails: the next round asks.
        if (!isReason(error, "FENCED")) return;
        holder.onFenced?.(error as ReeveError);
      }
      this.#toCheck.delete(holder);
    }
  }

  /** Those that no renewal was confirmed of for too long. */
  #tellLost(): void {
    for (const lease of [...this.#held.values()]) lease.isHeld();
  }

  /** Two timers for however many leases, and none where there is nothing to do. */
  #plan(): void {
    const { clock } = this.#options;
    clock.clearTimeout(this.#lossTimer);
    this.#lossTimer = undefined;
    let oldestMs = 0;
    for (const { confirmedAt } of this.#held.values()) oldestMs = Math.max(oldestMs, msSince(clock, confirmedAt));
    if (this.#held.size > 0)
      this.#lossTimer = clock.setTimeout(() => {
        this.#tellLost();
        this.#plan();
      }, lostAfterMs - oldestMs);
    if (this.#held.size + this.#toDisown.length + this.#toCheck.size === 0) {
      clock.clearTimeout(this.#renewTimer);
      this.#renewTimer = undefined;
    } else if (this.#renewTimer === undefined && !this.#round) {
      const everyMs = this.#failed ? retryEveryMs : renewEveryMs;
      const sinceSentMs = this.#sentAt ? Math.min(everyMs, msSince(clock, this.#sentAt)) : 0;
      this.#renewTimer = clock.setTimeout(() => {
        this.#renewTimer = undefined;
        this.#renewalDue = true;
        this.#begin();
      }, everyMs - sinceSentMs);
    }
  }
}
