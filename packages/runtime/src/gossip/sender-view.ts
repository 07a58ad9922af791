import type { GossipHead } from "./message.ts";
import { Sequence, type Step } from "./sequence.ts";

/** One process as its messages describe it: what it said of each thing that it has. */
export class SenderView<E extends object = object> {
  readonly id: string;
  /** The token that the broker let it speak under. Nobody else is heard in its name. */
  readonly caller: string;
  /** Which of the receiver's senders it was: a later one is the newer process. */
  readonly order: number;
  host: string;
  /** By the receiver's clock. */
  heardAt: number;
  /** When it was last asked for everything. */
  askedAt = Number.NEGATIVE_INFINITY;
  #ended = false;
  readonly #sequence = new Sequence();
  readonly #entries = new Map<string, E>();
  /** What the parts of a list of everything have named so far, of what is known. */
  readonly #named = new Set<string>();

  constructor(id: string, caller: string, order: number, host: string, now: number) {
    this.id = id;
    this.caller = caller;
    this.order = order;
    this.host = host;
    this.heardAt = now;
  }

  get size(): number {
    return this.#entries.size;
  }

  get complete(): boolean {
    return this.#sequence.complete;
  }

  /** Something of it was missed, and is not on its way. */
  get wantsAll(): boolean {
    return !this.#ended && this.#sequence.wantsAll;
  }

  /** How many keys the parts of a list that is not complete have named: never more than are known. */
  get named(): number {
    return this.#named.size;
  }

  entry(key: string): E | undefined {
    return this.#entries.get(key);
  }

  entries(): Iterable<E> {
    return this.#entries.values();
  }

  keys(): Iterable<string> {
    return this.#entries.keys();
  }

  /** What was heard of it may not be all. */
  doubt(): void {
    this.#sequence.doubt();
  }

  /** `undefined` when the message is stale: a copy, overtaken, or from after the end. Otherwise it has been heard. */
  take(head: GossipHead, answer: boolean, now: number): Step | undefined {
    if (this.#ended) return undefined;
    const step = this.#sequence.take(head, answer);
    if (!step) return undefined;
    this.heardAt = now;
    this.host = head.host;
    this.#ended = head.last && head.part.part === head.part.parts;
    if (step.first) this.#named.clear();
    return step;
  }

  put(key: string, entry: E): void {
    this.#entries.set(key, entry);
  }

  delete(key: string): boolean {
    this.#named.delete(key);
    return this.#entries.delete(key);
  }

  /** A part of a list of everything names it. */
  name(key: string): void {
    if (this.#entries.has(key)) this.#named.add(key);
  }

  /** After the last part of a list of everything: what none of them has named. */
  unnamed(): readonly string[] {
    const missing = [...this.#entries.keys()].filter((key) => !this.#named.has(key));
    this.#named.clear();
    return missing;
  }

  get ended(): boolean {
    return this.#ended;
  }
}
