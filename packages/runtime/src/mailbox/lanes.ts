import { EntryList } from "../base/entry-list.ts";
import type { QueuedCall } from "./queued-call.ts";

interface Lane<E extends QueuedCall> {
  holder: E;
  /** Who waits for it; no list until somebody does. */
  behind: EntryList<E> | undefined;
}

/**
 * Who holds which lane, and who waits behind. A lane is held from the moment its entry may run, even while that still
 * waits for a slot: those behind it keep their order whatever happens to it.
 */
export class Lanes<E extends QueuedCall> {
  /** Made for the first lane: most managers have none. */
  #lanes: Map<string, Lane<E>> | undefined;
  #size = 0;

  /** How many wait behind others. */
  get size(): number {
    return this.#size;
  }

  holderOf(lane: string): E | undefined {
    return this.#lanes?.get(lane)?.holder;
  }

  hold(lane: string, holder: E): void {
    this.#lanes ??= new Map();
    this.#lanes.set(lane, { holder, behind: undefined });
  }

  /** Waits behind the holder: in order of arrival, but what takes no slot is awaited by its chain and goes first. */
  queue(lane: string, entry: E): void {
    const held = this.#lanes!.get(lane)!;
    held.behind ??= new EntryList();
    held.behind.insertAfter(entry.takesSlot ? held.behind.last : lastWithoutSlot(held.behind), entry);
    this.#size++;
  }

  /** Takes the lane from a holder that does not run yet; that one is then first behind, among those that take slots. */
  usurp(lane: string, entry: E): void {
    const held = this.#lanes!.get(lane)!;
    held.behind ??= new EntryList();
    held.behind.insertAfter(lastWithoutSlot(held.behind), held.holder);
    this.#size++;
    held.holder = entry;
  }

  /** Leaves the queue behind the holder. */
  remove(lane: string, entry: E): void {
    this.#lanes?.get(lane)?.behind?.remove(entry);
    this.#size--;
  }

  /** The holder is done: the first behind it holds the lane now and is returned. */
  pass(lane: string): E | undefined {
    const held = this.#lanes!.get(lane)!;
    const next = held.behind?.first;
    if (!next) {
      this.#lanes!.delete(lane);
      return undefined;
    }
    held.behind!.remove(next);
    this.#size--;
    held.holder = next;
    return next;
  }

  /** Everybody that waits behind others. */
  *[Symbol.iterator](): Generator<E> {
    for (const { behind } of this.#lanes?.values() ?? []) if (behind) yield* behind;
  }
}

function lastWithoutSlot<E extends QueuedCall>(entries: EntryList<E>): E | undefined {
  let last: E | undefined;
  for (const entry of entries) {
    if (entry.takesSlot) break;
    last = entry;
  }
  return last;
}
