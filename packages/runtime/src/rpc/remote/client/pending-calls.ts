import { EntryList } from "../../../base/entry-list.ts";
import { IdTable } from "../../../base/id-table.ts";
import type { Member } from "../../membership.ts";
import type { PendingCall } from "./pending-call.ts";

/** Messages of which it is known where they went. Of one sent longer ago all calls are looked at. */
const batchesKnown = 16_384;

/** Where calls are answered: a manager's address, whatever incarnation is there. */
interface Place {
  readonly name: string;
  readonly calls: EntryList<PendingCall>;
  /** Nobody is known to be there any more. */
  left: boolean;
}

/**
 * The calls of this process that have no answer yet, by id and by place: what happens at one place costs a look at the calls that
 * wait for it, however many wait for others.
 */
export class PendingCalls {
  readonly #byId = new IdTable<PendingCall>();
  readonly #places = new Map<string, Place>();
  /** By the message's number, of the last ones. */
  readonly #batches: number[] = [];
  readonly #placesOfBatches: (Place | undefined)[] = [];

  get size(): number {
    return this.#byId.size;
  }

  has(id: number): boolean {
    return this.#byId.has(id);
  }

  get(id: number): PendingCall | undefined {
    return this.#byId.get(id);
  }

  add(pending: PendingCall): void {
    const name = pending.target.place;
    let place = this.#places.get(name);
    if (!place) {
      place = { name, calls: new EntryList(), left: false };
      this.#places.set(name, place);
    }
    place.left = false;
    place.calls.push(pending);
    this.#byId.set(pending.id, pending);
  }

  delete(pending: PendingCall): void {
    if (!this.#byId.delete(pending.id)) return;
    const place = this.#places.get(pending.target.place)!;
    place.calls.remove(pending);
    this.#forget(place);
  }

  /** A message has left. @param one of its calls */
  sent(batch: number, one: PendingCall): void {
    const at = batch % batchesKnown;
    this.#batches[at] = batch;
    this.#placesOfBatches[at] = this.#places.get(one.target.place);
  }

  /** Those that went with that message last. */
  ofBatch(batch: number): PendingCall[] {
    const at = batch % batchesKnown;
    const place = this.#batches[at] === batch ? this.#placesOfBatches[at] : undefined;
    const sent = place ? [...place.calls] : this.values();
    return sent.filter((pending) => pending.batch === batch);
  }

  at(place: string): PendingCall[] {
    return [...(this.#places.get(place)?.calls ?? [])];
  }

  /** Nobody is there any more: what was known of the place is forgotten with its last call. */
  left(place: string): void {
    const known = this.#places.get(place);
    if (!known) return;
    known.left = true;
    this.#forget(known);
  }

  /** All of them, in no order. */
  values(): PendingCall[] {
    return this.#byId.values();
  }

  #forget({ name, left, calls }: Place): void {
    if (left && calls.size === 0) this.#places.delete(name);
  }
}

/** Names the place of a member. */
export function placeOf({ manager, major, address }: Pick<Member, "manager" | "major" | "address">): string {
  return `${manager}.v${major} ${address}`;
}
