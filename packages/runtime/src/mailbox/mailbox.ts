import { type ReeveError, reeveError } from "@reeve/contract";
import type { Clock } from "../base/clock.ts";
import { EntryList } from "../base/entry-list.ts";
import { withoutStack } from "../base/without-stack.ts";
import { type ChainLink, holdsLaneOf, runsChainOf } from "./chain.ts";
import { Lanes } from "./lanes.ts";
import type { QueuedCall } from "./queued-call.ts";
import { RunningSet } from "./running-set.ts";

export type { QueuedCall } from "./queued-call.ts";

/**
 * - `open`: entries run.
 * - `paused`: entries wait; those already running go on.
 * - `closed`: entries are refused, but for those that a running entry needs.
 */
export type MailboxMode = "open" | "paused" | "closed";

export interface MailboxLimits {
  /** Entries that run at once, at least 1. Default 64. */
  readonly maxInFlight: number;
  /** Entries that wait, 0 or more. Default 1024. */
  readonly maxQueued: number;
}

export interface MailboxPort<E> {
  readonly clock: Clock;
  /** Starts an entry; its owner calls {@link Mailbox.leave} once it has ended. Must not throw. */
  run(entry: E): void;
  /** Answers an entry that was not taken in, or that waited and will never run. Must not throw. */
  refuse(entry: E, error: ReeveError): void;
  /** The state to name in a refusal. */
  state(): string;
}

export const defaultLimits: MailboxLimits = { maxInFlight: 64, maxQueued: 1024 };

/** What a refusal for want of room advises at least and at most. */
const shortestRetryMs = 10;
const longestRetryMs = 60_000;

/**
 * The bounded queue before a manager. Entries run in order of arrival, at most `maxInFlight` at once; entries of one
 * lane never overlap and keep their order, and a busy lane holds up nobody else. What would wait for itself does not
 * wait: an entry whose chain runs here takes no slot and no notice of the mode, and one whose chain holds its lane is
 * refused as `REENTRANT`. Everything may be called from within `run` and `refuse`.
 */
export class Mailbox<E extends QueuedCall> {
  readonly #limits: MailboxLimits;
  readonly #port: MailboxPort<E>;
  readonly #running = new RunningSet<E>();
  /** May run when there is a slot, in order of arrival. */
  readonly #ready = new EntryList<E>();
  /** Need no slot: they start as soon as their lane is theirs. */
  readonly #urgent = new EntryList<E>();
  readonly #lanes = new Lanes<E>();
  #mode: MailboxMode = "paused";
  #open = false;
  #slotsTaken = 0;
  #arrivals = 0;
  #starting = false;
  /** Since when somebody has waited without a break, and how many have ended since: for `retryAfterMs`. */
  #busySince = 0;
  #endedSince = 0;
  #idleWaiters: (() => void)[] | undefined;

  constructor(limits: MailboxLimits, port: MailboxPort<E>) {
    this.#limits = limits;
    this.#port = port;
  }

  get inFlight(): number {
    return this.#running.size;
  }

  get queued(): number {
    return this.#ready.size + this.#urgent.size + this.#lanes.size;
  }

  get mode(): MailboxMode {
    return this.#mode;
  }

  /** Why the entry would be refused whatever its lane: lets its owner skip the work of preparing it. */
  refusalOf(entry: E): ReeveError | undefined {
    if (this.#open && this.#slotFree()) return undefined;
    return runsChainOf(entry) ? undefined : (this.#notServing(entry) ?? this.#full(entry));
  }

  /** Runs the entry, queues it or refuses it, before it returns. */
  admit(entry: E): void {
    const { lane } = entry;
    const nested = entry.parent !== undefined && runsChainOf(entry);
    entry.takesSlot = !nested;
    if (nested) {
      if (lane !== undefined && holdsLaneOf(entry)) return this.#port.refuse(entry, reentrant(entry, lane));
    } else if (!this.#open) {
      const refusal = this.#notServing(entry);
      if (refusal) return this.#port.refuse(entry, refusal);
    }
    const holder = lane === undefined ? undefined : this.#lanes.holderOf(lane);
    // A holder that waits for a slot may wait for this entry's own chain to give one up.
    const usurps = nested && holder?.waiting === "turn" && holder.takesSlot;
    if ((holder === undefined || usurps) && (nested || (this.#open && this.#slotFree()))) {
      if (usurps) this.#usurp(holder, entry);
      else if (lane !== undefined) this.#lanes.hold(lane, entry);
      return this.#start(entry);
    }
    const refusal = this.#full(entry);
    if (refusal) return this.#port.refuse(entry, refusal);
    this.#enqueue(entry, holder !== undefined);
  }

  /** Takes a waiting entry out: it was cancelled or its deadline has passed. False when it runs already or is gone. */
  withdraw(entry: E): boolean {
    const { waiting, lane } = entry;
    if (waiting === undefined) return false;
    if (waiting === "lane") {
      this.#lanes.remove(lane!, entry);
    } else {
      this.#listOf(entry).remove(entry);
      if (lane !== undefined) this.#passLane(lane);
    }
    entry.waiting = undefined;
    this.#startWaiting();
    return true;
  }

  /** Says that a running entry has ended; starts what waited for its slot or lane. */
  leave(entry: E): void {
    if (!entry.running) return;
    entry.leave();
    this.#running.remove(entry);
    if (entry.takesSlot) this.#slotsTaken--;
    if (entry.lane !== undefined) this.#passLane(entry.lane);
    if (this.#ready.size > 0 || this.#urgent.size > 0) {
      this.#endedSince++;
      this.#startWaiting();
    }
    if (this.#idleWaiters) this.#tellIdle();
  }

  setMode(mode: MailboxMode): void {
    if (mode === this.#mode) return;
    this.#mode = mode;
    this.#open = mode === "open";
    if (mode === "open") this.#startWaiting();
    if (mode === "closed") this.#refuseWaiting();
  }

  /** Everything that runs now, in no order. */
  running(): Iterable<E> {
    return this.#running;
  }

  /** Everything that runs or waits now. */
  entries(): E[] {
    return [...this.#running, ...this.#urgent, ...this.#ready, ...this.#lanes];
  }

  /** Resolves when nothing runs. */
  idle(): Promise<void> {
    if (this.#running.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#idleWaiters ??= [];
      this.#idleWaiters.push(resolve);
    });
  }

  /** A slot that nobody who came earlier wants. */
  #slotFree(): boolean {
    return this.#slotsTaken < this.#limits.maxInFlight && this.#ready.size === 0;
  }

  #start(entry: E): void {
    entry.begin();
    if (entry.takesSlot) this.#slotsTaken++;
    this.#running.add(entry);
    this.#port.run(entry);
  }

  #enqueue(entry: E, behind: boolean): void {
    if (this.queued === 0) {
      this.#busySince = this.#port.clock.now();
      this.#endedSince = 0;
    }
    entry.arrival = this.#arrivals++;
    if (behind) {
      entry.waiting = "lane";
      this.#lanes.queue(entry.lane!, entry);
      return;
    }
    if (entry.lane !== undefined) this.#lanes.hold(entry.lane, entry);
    entry.waiting = "turn";
    this.#ready.push(entry);
  }

  #usurp(holder: E, entry: E): void {
    this.#listOf(holder).remove(holder);
    holder.waiting = "lane";
    this.#lanes.usurp(entry.lane!, entry);
  }

  /** Starts what can run, in order of arrival. One that ends while it starts, or admits others, must not recurse. */
  #startWaiting(): void {
    if (this.#starting) return;
    this.#starting = true;
    try {
      for (let entry = this.#next(); entry; entry = this.#next()) {
        this.#listOf(entry).remove(entry);
        entry.waiting = undefined;
        this.#start(entry);
      }
    } finally {
      this.#starting = false;
    }
    if (this.#idleWaiters) this.#tellIdle();
  }

  #next(): E | undefined {
    if (this.#urgent.first) return this.#urgent.first;
    return this.#open && this.#slotsTaken < this.#limits.maxInFlight ? this.#ready.first : undefined;
  }

  #listOf(entry: E): EntryList<E> {
    return entry.takesSlot ? this.#ready : this.#urgent;
  }

  /** The next of the lane becomes ready, in its place by arrival: it may be older than what is ready already. */
  #passLane(lane: string): void {
    const next = this.#lanes.pass(lane);
    if (!next) return;
    next.waiting = "turn";
    const list = this.#listOf(next);
    let older = list.last;
    while (older && older.arrival > next.arrival) older = older.listPrevious as E | undefined;
    list.insertAfter(older, next);
  }

  #refuseWaiting(): void {
    for (const entry of this.entries()) {
      // One refused may have taken others with it; what a running entry waits for stays.
      if (!entry.takesSlot || !this.withdraw(entry)) continue;
      this.#port.refuse(entry, notServing(entry, this.#port.state()));
    }
  }

  #notServing(entry: E): ReeveError | undefined {
    if (this.#open || (this.#mode === "paused" && entry.waits)) return undefined;
    return notServing(entry, this.#port.state());
  }

  #full({ manager }: E): ReeveError | undefined {
    const { queued } = this;
    if (queued < this.#limits.maxQueued) return undefined;
    const retryAfterMs = this.#retryAfterMs(queued);
    const message = `${manager} has ${queued} calls waiting; try again in ${retryAfterMs} ms`;
    return withoutStack(() => reeveError("MAILBOX_FULL", message, { data: { queued, retryAfterMs } }));
  }

  /** About how long those that wait now will take, at the pace since they began to. */
  #retryAfterMs(queued: number): number {
    const ms = ((this.#port.clock.now() - this.#busySince) / Math.max(this.#endedSince, 1)) * Math.max(queued, 1);
    return Math.ceil(Math.min(Math.max(ms, shortestRetryMs), longestRetryMs));
  }

  #tellIdle(): void {
    if (this.#running.size > 0 || this.#starting) return;
    const waiters = this.#idleWaiters ?? [];
    this.#idleWaiters = undefined;
    for (const resolve of waiters) resolve();
  }
}

function reentrant({ manager }: ChainLink, lane: string): ReeveError {
  return reeveError("REENTRANT", `${manager}: lane ${JSON.stringify(lane)} is held by this call's own chain`);
}

function notServing({ manager }: ChainLink, state: string): ReeveError {
  return reeveError("NOT_SERVING", `${manager} is ${state}`, { data: { state } });
}
