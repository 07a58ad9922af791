import type { Outcome } from "@reeve/contract";
import { initial } from "../client/remote-call.ts";
import type { RemoteState, Repeat } from "../client/remote-call-state.ts";

/** One call, what its caller was told of it, and what is so. */
export class SimulatedCall {
  readonly id: number;
  readonly repeat: Repeat;
  readonly deadlineAt: number;
  state: RemoteState = initial;
  /** Where its copies go. */
  address: number;
  number = 0;
  sentAt = 0;
  /** It goes to whoever a queue group picks. */
  byGroup = false;
  attempts = 0;
  /** An earlier number of it may have run. */
  doubt = false;
  told: Outcome | undefined;
  toldAt = 0;
  /** The answer that it got was another call's. */
  wrongAnswer = false;
  /** Nobody remembered its answer, at an incarnation that lives. */
  answerLost = false;
  /** Effects by store, and by number. */
  readonly #effects: { readonly store: string; readonly under: string }[] = [];

  constructor(id: number, repeat: Repeat, address: number, deadlineAt: number) {
    this.id = id;
    this.repeat = repeat;
    this.address = address;
    this.deadlineAt = deadlineAt;
  }

  ran(store: string, under: string): void {
    this.#effects.push({ store, under });
  }

  tell(outcome: Outcome, now: number): void {
    if (this.told !== undefined) throw new Error(`call ${this.id} was told twice: ${this.told}, then ${outcome}`);
    this.told = outcome;
    this.toldAt = now;
  }

  /** It may not run twice, and did: under one number, or, of what is not repeatable, at all. */
  get doubled(): boolean {
    if (this.repeat === "anywhere") return false;
    if (this.repeat === "never") return this.#effects.length > 1;
    return new Set(this.#effects.map(({ store }) => store)).size < this.#effects.length;
  }

  /** What its caller was told is not so. */
  get untrue(): boolean {
    if (this.wrongAnswer) return true;
    // What may run twice may run once more for a copy that the network made: its caller has said that this is harmless.
    if (this.repeat === "anywhere") return this.told === "executed" && this.#effects.length === 0;
    const ran = this.#effects.length > 0;
    if (this.told === "executed") return !ran;
    return ran && (this.told === "never-sent" || this.told === "not-executed");
  }
}
