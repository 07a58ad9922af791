import { maxAcknowledgedCasts } from "../rpc/cast-key.ts";

interface Done {
  /** Of its row. */
  readonly id: string;
  /** What its callee keeps it by. */
  readonly key: string;
  /** By the database's clock: until then a copy of a delivery may come. 0: none can. */
  readonly notBefore: number;
}

interface Place {
  /** What may be said now. */
  readonly ready: Map<string, Done>;
  /** What may be said later, in the order in which it was done. */
  readonly later: Map<string, Done>;
}

/** Casts that are done, by where their keys are kept: the next delivery there says that they may go. */
export class Acknowledgements {
  readonly #places = new Map<string, Place>();

  /** Once for each, however often it is said. */
  add(manager: string, address: string, done: Done): void {
    const name = `${manager}/${address}`;
    let place = this.#places.get(name);
    if (!place) {
      place = { ready: new Map(), later: new Map() };
      this.#places.set(name, place);
    }
    (done.notBefore > 0 ? place.later : place.ready).set(done.id, done);
  }

  /** The database's clock was set back, by so many milliseconds. */
  setBack(ms: number): void {
    for (const { later } of this.#places.values())
      for (const [id, done] of later) later.set(id, { ...done, notBefore: done.notBefore - ms });
  }

  /** What a delivery carries from now on. @param now by the database's clock */
  take(manager: string, address: string, now: number): readonly Done[] {
    const name = `${manager}/${address}`;
    const place = this.#places.get(name);
    if (!place) return [];
    const { ready, later } = place;
    for (const done of later.values()) {
      if (done.notBefore > now || ready.size >= maxAcknowledgedCasts) break;
      later.delete(done.id);
      ready.set(done.id, done);
    }
    const carried: Done[] = [];
    for (const done of ready.values()) {
      if (carried.length === maxAcknowledgedCasts) break;
      carried.push(done);
    }
    for (const { id } of carried) ready.delete(id);
    if (ready.size + later.size === 0) this.#places.delete(name);
    return carried;
  }
}
