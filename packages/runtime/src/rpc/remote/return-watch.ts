import { type Member, type Membership, ofOneStore } from "../membership.ts";
import type { PendingCall } from "./pending-call.ts";
import { needsItsStore, waitsForReturn } from "./retry-rules.ts";

/** Calls that have ended are looked for from so many on, and again when twice as many are there as stayed. */
const fewest = 64;

/** The incarnations that may have a call: those of one store from an epoch on, and whatever is there of another store. */
export interface Return extends Pick<Member, "store"> {
  readonly epoch: number;
}

/** What becomes of calls that have waited. */
export interface ReturnPort {
  /** Somebody serves at its address again. */
  resend(pending: PendingCall): void;
  /** Somebody else may have it. */
  passOn(pending: PendingCall): void;
  /** The store that may know its key is gone from its address. */
  lost(pending: PendingCall): void;
}

/** Calls whose callee is gone: they wait for its address to come back, or for whoever else may have them. Their own deadlines end them. */
export class ReturnWatch {
  readonly #membership: Membership;
  readonly #port: ReturnPort;
  readonly #waiting = new Map<PendingCall, Return>();
  /** Kinds whose members have changed in this turn. */
  #changed = new Set<string>();
  readonly #stop: () => void;
  #many = fewest;

  constructor(membership: Membership, port: ReturnPort) {
    this.#membership = membership;
    this.#port = port;
    // Who can be called is looked up by others, who may be told after this.
    this.#stop = membership.onChange((manager, major) => this.#lookLater(`${manager}.v${major}`));
  }

  has(pending: PendingCall): boolean {
    return this.#waiting.has(pending);
  }

  /** The address may be back already. @param from which incarnations may have it */
  wait(pending: PendingCall, from: Return): void {
    this.#waiting.set(pending, from);
    if (this.#waiting.size >= this.#many) this.#forgetEnded();
    this.#look(pending, from);
  }

  close(): void {
    this.#stop();
    this.#waiting.clear();
  }

  #forgetEnded(): void {
    for (const pending of this.#waiting.keys()) if (pending.over) this.#waiting.delete(pending);
    this.#many = Math.max(fewest, this.#waiting.size * 2);
  }

  /** A process that goes takes many with it: what waits is looked at once for all of them. */
  #lookLater(kind: string): void {
    this.#changed.add(kind);
    if (this.#changed.size === 1) queueMicrotask(() => this.#lookAtChanged());
  }

  #lookAtChanged(): void {
    const kinds = this.#changed;
    this.#changed = new Set();
    if (this.#waiting.size === 0) return;
    for (const [pending, from] of [...this.#waiting]) {
      const { manager, major } = pending.target.member;
      if (kinds.has(`${manager}.v${major}`)) this.#look(pending, from);
    }
  }

  #look(pending: PendingCall, from: Return): void {
    const { manager, major, address } = pending.target.member;
    const there = this.#membership.at(manager, major, address);
    const back = there?.canServe && mayHave(there, from) ? there : undefined;
    if (pending.over) {
      this.#waiting.delete(pending);
    } else if (back && needsItsStore(pending) && !ofOneStore(back, from)) {
      this.#waiting.delete(pending);
      this.#port.lost(pending);
    } else if (back) {
      this.#waiting.delete(pending);
      pending.epoch = back.epoch;
      pending.store = back.store;
      this.#port.resend(pending);
    } else if (!waitsForReturn(pending)) {
      this.#waiting.delete(pending);
      this.#port.passOn(pending);
    }
  }
}

/** Epochs of another store began anew: whoever is there came after. */
function mayHave(member: Member, from: Return): boolean {
  return !ofOneStore(member, from) || member.epoch >= from.epoch;
}
