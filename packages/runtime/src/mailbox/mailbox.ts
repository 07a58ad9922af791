import { type ReeveError, reeveError } from "@reeve/contract";
import type { Clock } from "../base/clock.ts";
import { EntryList, type Linked } from "./entry-list.ts";

/** A link of the chain of calls that led to one: which manager ran it, and which lane it holds there. */
export interface ChainLink {
  /** `manager/address`; empty before the call was delivered. */
  readonly manager: string;
  readonly lane: string | undefined;
  readonly parent: ChainLink | undefined;
}

/** What a mailbox queues and runs. But for `waits`, its fields are the mailbox's own. */
export interface MailboxEntry extends ChainLink, Linked {
  /** Whether to wait for a manager that is not serving yet, or to be refused. */
  readonly waits: boolean;
  place: "outside" | "waiting" | "running";
  holdsSlot: boolean;
  startedAt: number;
}

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
  /** Answers an entry that was not taken in. Must not throw. */
  refuse(entry: E, error: ReeveError): void;
  /** The state to name in a refusal. */
  state(): string;
}

export const defaultLimits: MailboxLimits = { maxInFlight: 64, maxQueued: 1024 };

/**
 * The bounded queue before a manager. Entries run in order of arrival, at most `maxInFlight` at once; entries of one
 * lane never overlap and keep their order, and a busy lane holds up nobody else. What would wait for itself is refused:
 * an entry whose chain runs here already takes no slot, and one whose chain holds its lane is `REENTRANT`.
 */
export class Mailbox<E extends MailboxEntry> {
  readonly #limits: MailboxLimits;
  readonly #port: MailboxPort<E>;
  readonly #lanes = new Set<string>();
  readonly #idleWaiters: (() => void)[] = [];
  #mode: MailboxMode = "paused";
  readonly #waiting = new EntryList<E>();
  readonly #running = new EntryList<E>();
  #slotsTaken = 0;
  #starting = false;
  /** An entry has left since the last one was started. */
  #left = false;
  /** Smoothed run time under load, for `retryAfterMs`. */
  #runMs = 1;

  constructor(limits: MailboxLimits, port: MailboxPort<E>) {
    this.#limits = limits;
    this.#port = port;
  }

  get inFlight(): number {
    return this.#running.size;
  }

  get queued(): number {
    return this.#waiting.size;
  }

  get mode(): MailboxMode {
    return this.#mode;
  }

  /** Whether the next entry that cannot run at once will be refused: lets a caller skip the work of preparing it. */
  get full(): boolean {
    return (
      this.#waiting.size >= this.#limits.maxQueued &&
      (this.#mode !== "open" || this.#slotsTaken >= this.#limits.maxInFlight)
    );
  }

  /** Runs the entry, queues it or refuses it, before it returns. */
  admit(entry: E): void {
    const { lane } = entry;
    const nested = entry.parent !== undefined && this.#runsChainOf(entry);
    if (nested && lane !== undefined && holdsLane(entry, lane)) {
      return this.#port.refuse(
        entry,
        reeveError("REENTRANT", `lane ${JSON.stringify(lane)} is held by this call's own chain`),
      );
    }
    if (this.#mode !== "open" && !nested) {
      if (this.#mode === "closed" || !entry.waits)
        return this.#port.refuse(entry, notServing(entry.manager, this.#port.state()));
      return this.#enqueue(entry);
    }
    const laneFree =
      lane === undefined || !(this.#lanes.has(lane) || (this.#waiting.size > 0 && this.#laneAwaited(lane)));
    if (!laneFree || (!nested && this.#slotsTaken >= this.#limits.maxInFlight)) return this.#enqueue(entry);
    this.#start(entry, !nested);
  }

  /** Takes a waiting entry out: it was cancelled or its deadline has passed. False when it runs already or is gone. */
  withdraw(entry: E): boolean {
    if (entry.place !== "waiting") return false;
    this.#waiting.remove(entry);
    entry.place = "outside";
    return true;
  }

  /** Says that a running entry has ended; starts what waited for its slot or lane. */
  leave(entry: E): void {
    if (entry.place !== "running") return;
    entry.place = "outside";
    this.#running.remove(entry);
    if (entry.lane !== undefined) this.#lanes.delete(entry.lane);
    if (entry.holdsSlot) this.#slotsTaken--;
    if (this.#waiting.size > 0) {
      if (entry.startedAt > 0) this.#runMs += (this.#port.clock.now() - entry.startedAt - this.#runMs) / 8;
      this.#left = true;
      this.#startWaiting();
    }
    if (this.#running.size === 0) for (const resolve of this.#idleWaiters.splice(0)) resolve();
  }

  setMode(mode: MailboxMode): void {
    if (mode === this.#mode) return;
    this.#mode = mode;
    if (mode === "open") this.#startWaiting();
    if (mode === "closed") this.#refuseWaiting();
  }

  /** Everything that waits or runs now. */
  entries(): E[] {
    return [...this.#running, ...this.#waiting];
  }

  /** Resolves when nothing runs. */
  idle(): Promise<void> {
    if (this.#running.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idleWaiters.push(resolve));
  }

  #enqueue(entry: E): void {
    if (this.#waiting.size >= this.#limits.maxQueued) {
      const retryAfterMs = Math.ceil((this.#runMs * this.#waiting.size) / this.#limits.maxInFlight) + 1;
      return this.#port.refuse(
        entry,
        reeveError(
          "MAILBOX_FULL",
          `${entry.manager} has ${this.#waiting.size} calls waiting; try again in ${retryAfterMs} ms`,
          {
            data: { queued: this.#waiting.size, retryAfterMs },
          },
        ),
      );
    }
    entry.place = "waiting";
    this.#waiting.push(entry);
  }

  #start(entry: E, holdsSlot: boolean): void {
    entry.place = "running";
    entry.holdsSlot = holdsSlot;
    if (holdsSlot) this.#slotsTaken++;
    if (entry.lane !== undefined) this.#lanes.add(entry.lane);
    this.#running.push(entry);
    entry.startedAt = this.#waiting.size > 0 ? this.#port.clock.now() : 0;
    this.#port.run(entry);
  }

  /** Starts what can run, in order of arrival. An entry that ends while it starts must not recurse: the pass begins again. */
  #startWaiting(): void {
    if (this.#starting) return;
    this.#starting = true;
    for (let entry = this.#waiting.first; entry; ) {
      const next = entry.listNext as E | undefined;
      if (!this.#canStart(entry)) {
        entry = next;
        continue;
      }
      this.#left = false;
      this.#waiting.remove(entry);
      this.#start(entry, !this.#runsChainOf(entry));
      entry = this.#left || next?.place !== "waiting" ? this.#waiting.first : next;
    }
    this.#starting = false;
  }

  #canStart(entry: E): boolean {
    if (entry.lane !== undefined && this.#lanes.has(entry.lane)) return false;
    return (this.#mode === "open" && this.#slotsTaken < this.#limits.maxInFlight) || this.#runsChainOf(entry);
  }

  #refuseWaiting(): void {
    for (let entry = this.#waiting.first; entry; entry = this.#waiting.first) {
      this.#waiting.remove(entry);
      entry.place = "outside";
      this.#port.refuse(entry, notServing(entry.manager, this.#port.state()));
    }
  }

  /** An earlier entry of the lane waits: a later one must not pass it. */
  #laneAwaited(lane: string): boolean {
    for (const entry of this.#waiting) if (entry.lane === lane) return true;
    return false;
  }

  #runsChainOf(entry: E): boolean {
    for (let link = entry.parent; link; link = link.parent) if (link.manager === entry.manager) return true;
    return false;
  }
}

function holdsLane(entry: ChainLink, lane: string): boolean {
  for (let link = entry.parent; link; link = link.parent)
    if (link.manager === entry.manager && link.lane === lane) return true;
  return false;
}

function notServing(manager: string, state: string): ReeveError {
  return reeveError("NOT_SERVING", `${manager} is ${state}`, { data: { state } });
}
