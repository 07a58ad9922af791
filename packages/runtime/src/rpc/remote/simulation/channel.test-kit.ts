import type { SimulatedCall } from "./simulated-call.test-kit.ts";

/** A caller's end of one conversation: its counter, and what its head says. */
export class Channel {
  readonly prefix: string;
  /** Undefined where it is not known who takes its calls. */
  readonly incarnation: string | undefined;
  readonly store: string | undefined;
  readonly #calls = new Map<number, SimulatedCall>();
  readonly #numbers: number;
  #last = 0;

  /** @param numbers how many there are before they are used again */
  constructor(
    prefix: string,
    { incarnation, store }: { incarnation?: string; store?: string },
    numbers: number = Number.MAX_SAFE_INTEGER,
  ) {
    this.prefix = prefix;
    this.incarnation = incarnation;
    this.store = store;
    this.#numbers = numbers;
  }

  take(call: SimulatedCall): number {
    const number = 1 + (this.#last++ % this.#numbers);
    this.#calls.set(number, call);
    return number;
  }

  at(number: number): SimulatedCall | undefined {
    return this.#calls.get(number);
  }

  /** It is not sent under that number any more. */
  settle(number: number, call: SimulatedCall): void {
    if (this.#calls.get(number) === call) this.#calls.delete(number);
  }

  get floor(): number {
    return this.#calls.size === 0 ? this.#last + 1 : Math.min(...this.#calls.keys());
  }

  /** The lowest ranges of settled numbers above the floor, 16 at most. */
  get acknowledged(): number[] {
    const ranges: number[] = [];
    let from = this.floor;
    for (const open of [...this.#calls.keys(), this.#last + 1].toSorted((one, other) => one - other)) {
      if (open > from && ranges.length < 32) ranges.push(from, open - 1);
      from = open + 1;
    }
    return ranges;
  }
}
