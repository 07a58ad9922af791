import { EntryList, type Linked } from "../../../base/entry-list.ts";
import { IdTable } from "../../../base/id-table.ts";
import type { Member } from "../../membership.ts";
import { type CallerHead, encodeIncarnation, headBytes } from "../../wire/caller-head.ts";
import { frameKind } from "../../wire/frame.ts";

/** Acknowledged ranges in a head, and calls without an answer that are looked at to find them: the ones in front hold up the most. */
const mostRanges = 6;
const mostLooks = 32;

/** A call, as far as a conversation looks at it. */
export interface NumberedCall extends Linked {
  readonly number: number;
  /** The message it went with last. */
  readonly batch: number;
}

/** Where frames go that are about no call that is known. */
interface FrameLane {
  add(frame: readonly unknown[], call: undefined): unknown;
}

/**
 * The calls of this process to one incarnation: numbered from 1, no number ever used twice, and answered under a reply
 * subject that only the two know.
 */
export class Conversation<C extends NumberedCall = NumberedCall> implements CallerHead {
  /** What the reply subjects of its messages begin with, without the last dot. */
  readonly prefix: string;
  /** As far as it was known when the first call was made. */
  readonly member: Member;
  readonly incarnation: Uint8Array;
  /** The longest head that its messages can have. */
  readonly headBytes: number;
  /** Its incarnation is known to have gone. */
  gone = false;
  /** When its process was heard last, where it had been silent, when it went, for longer than a process stands still without noticing. */
  silentSince: number | undefined = undefined;
  /** Since when nobody has been heard who subscribes to its subjects; undefined while somebody is. */
  unheardSince: number | undefined = undefined;
  readonly #pending = new IdTable<C>();
  /** By number, because that is how they come. */
  readonly #inOrder = new EntryList<C>();
  readonly #acknowledged: number[] = [];
  #next = 1;
  /** Where a cancel goes whose call is not known any more: its callee looks at the number only. */
  #lane: FrameLane | undefined;

  constructor(prefix: string, member: Member) {
    this.prefix = prefix;
    this.member = member;
    this.incarnation = encodeIncarnation(member.incarnation);
    this.headBytes = headBytes(this.incarnation, mostRanges);
  }

  /** Whether its messages name the incarnation that they are for. */
  get named(): boolean {
    return this.member.incarnation !== undefined;
  }

  /** Calls that have no answer yet. */
  get size(): number {
    return this.#inOrder.size;
  }

  /** Lowest number first. */
  get calls(): Iterable<C> {
    return this.#inOrder;
  }

  get first(): C | undefined {
    return this.#inOrder.first;
  }

  /** No call with a lower number will be sent again. */
  get floor(): number {
    return this.#inOrder.first?.number ?? this.#next;
  }

  /** Valid until it is asked for again. */
  get acknowledged(): readonly number[] {
    const ranges = this.#acknowledged;
    ranges.length = 0;
    let before = this.#inOrder.first;
    for (let looks = 0; before && looks < mostLooks && ranges.length < 2 * mostRanges; looks++) {
      const after = before.listNext as C | undefined;
      const end = after?.number ?? this.#next;
      if (end > before.number + 1) ranges.push(before.number + 1, end - 1);
      before = after;
    }
    return ranges;
  }

  /** The number of the next call. */
  take(): number {
    return this.#next++;
  }

  add(pending: C): void {
    this.#pending.set(pending.number, pending);
    this.#inOrder.push(pending);
  }

  get(number: number): C | undefined {
    return this.#pending.get(number);
  }

  /** False where it was not there. */
  delete(pending: C): boolean {
    if (!this.#pending.delete(pending.number)) return false;
    this.#inOrder.remove(pending);
    return true;
  }

  /** Those that went with that message last. */
  ofBatch(batch: number): C[] {
    return [...this.#inOrder].filter((pending) => pending.batch === batch);
  }

  goesBy(lane: FrameLane): void {
    this.#lane = lane;
  }

  /** Its callee runs what nobody here waits for: the cancel was lost, or there was no link to send it over. */
  cancelAgain(number: number): void {
    if (number > 0 && number < this.#next) this.#lane?.add([frameKind.cancel, number], undefined);
  }
}
