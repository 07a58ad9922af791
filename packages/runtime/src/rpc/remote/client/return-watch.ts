import { type Member, type Membership, ofOneStore } from "../../membership.ts";
import type { PendingCall } from "./pending-call.ts";
import { placeOf } from "./pending-calls.ts";
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
  readonly #byPlace = new Map<string, Set<PendingCall>>();
  /** Those that anybody else of the kind may have as well. */
  readonly #anywhere = new Set<PendingCall>();
  /** Places where something has changed in this turn, and the kinds of which they are. */
  #changed = new Set<string>();
  #kinds = new Set<string>();
  readonly #stop: () => void;
  #many = fewest;

  constructor(membership: Membership, port: ReturnPort) {
    this.#membership = membership;
    this.#port = port;
    // Who can be called is looked up by others, who may be told after this.
    this.#stop = membership.onChange((manager, major, address) => {
      this.#lookLater(placeOf({ manager, major, address }), `${manager}.v${major}`);
    });
  }

  has(pending: PendingCall): boolean {
    return this.#waiting.has(pending);
  }

  /** The address may be back already. @param from which incarnations may have it */
  wait(pending: PendingCall, from: Return): void {
    const place = placeOf(pending.target.member);
    this.#waiting.set(pending, from);
    const there = this.#byPlace.get(place);
    if (there) there.add(pending);
    else this.#byPlace.set(place, new Set([pending]));
    if (pending.call.operation.idempotent) this.#anywhere.add(pending);
    if (this.#waiting.size >= this.#many) this.#forgetEnded();
    this.#look(pending, from);
  }

  close(): void {
    this.#stop();
    this.#waiting.clear();
    this.#byPlace.clear();
    this.#anywhere.clear();
  }

  #forget(pending: PendingCall): void {
    const place = placeOf(pending.target.member);
    const there = this.#byPlace.get(place);
    this.#waiting.delete(pending);
    this.#anywhere.delete(pending);
    there?.delete(pending);
    if (there?.size === 0) this.#byPlace.delete(place);
  }

  #forgetEnded(): void {
    for (const pending of this.#waiting.keys()) if (pending.over) this.#forget(pending);
    this.#many = Math.max(fewest, this.#waiting.size * 2);
  }

  /** A process that goes takes many with it: what waits is looked at once for all of them. */
  #lookLater(place: string, kind: string): void {
    this.#kinds.add(kind);
    this.#changed.add(place);
    if (this.#changed.size === 1) queueMicrotask(() => this.#lookAtChanged());
  }

  #lookAtChanged(): void {
    const [places, kinds] = [this.#changed, this.#kinds];
    this.#changed = new Set();
    this.#kinds = new Set();
    if (this.#waiting.size === 0) return;
    const concerned = [...places].flatMap((place) => [...(this.#byPlace.get(place) ?? [])]);
    for (const pending of this.#anywhere) {
      const { manager, major } = pending.target.member;
      if (kinds.has(`${manager}.v${major}`)) concerned.push(pending);
    }
    for (const pending of concerned) {
      const from = this.#waiting.get(pending);
      if (from) this.#look(pending, from);
    }
  }

  #look(pending: PendingCall, from: Return): void {
    const { manager, major, address } = pending.target.member;
    const there = this.#membership.at(manager, major, address);
    const back = there?.canServe && mayHave(there, from) ? there : undefined;
    if (pending.over) {
      this.#forget(pending);
    } else if (back && needsItsStore(pending) && !ofOneStore(back, from)) {
      this.#forget(pending);
      this.#port.lost(pending);
    } else if (back) {
      this.#forget(pending);
      pending.epoch = back.epoch;
      pending.store = back.store;
      this.#port.resend(pending);
    } else if (!waitsForReturn(pending)) {
      this.#forget(pending);
      this.#port.passOn(pending);
    }
  }
}

/** Epochs of another store began anew: whoever is there came after. */
function mayHave(member: Member, from: Return): boolean {
  return !ofOneStore(member, from) || member.epoch >= from.epoch;
}
