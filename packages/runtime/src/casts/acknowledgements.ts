import { maxAcknowledgedCasts } from "../rpc/cast-key.ts";

interface Done {
  /** Of its row. */
  readonly id: string;
  /** What its callee keeps it by. */
  readonly key: string;
}

/** Casts that are done, by where their keys are kept: the next delivery there says that they may go. */
export class Acknowledgements {
  readonly #done = new Map<string, Map<string, Done>>();

  /** Once for each, however often it is said. */
  add(manager: string, address: string, done: Done): void {
    const place = `${manager}/${address}`;
    let waiting = this.#done.get(place);
    if (!waiting) {
      waiting = new Map();
      this.#done.set(place, waiting);
    }
    waiting.set(done.id, done);
  }

  /** What a delivery carries from now on. */
  take(manager: string, address: string): readonly Done[] {
    const place = `${manager}/${address}`;
    const waiting = this.#done.get(place);
    if (!waiting) return [];
    const carried: Done[] = [];
    for (const done of waiting.values()) {
      if (carried.length === maxAcknowledgedCasts) break;
      carried.push(done);
    }
    for (const { id } of carried) waiting.delete(id);
    if (waiting.size === 0) this.#done.delete(place);
    return carried;
  }
}
