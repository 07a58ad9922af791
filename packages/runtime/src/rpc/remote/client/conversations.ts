import { secretToken } from "../../../base/secret-token.ts";
import { isSame, type Member } from "../../membership.ts";
import { Conversation } from "./conversation.ts";
import type { PendingCall } from "./pending-call.ts";
import { placeOf } from "./place.ts";

/** Of incarnations that have gone, so many are remembered: one that was only silent may still run what was cancelled. */
const mostGone = 256;

/** The conversations of this process, by the subject of their answers and by place. */
export class Conversations {
  readonly #inbox: string;
  readonly #byPrefix = new Map<string, Conversation<PendingCall>>();
  readonly #byPlace = new Map<string, Set<Conversation<PendingCall>>>();
  readonly #gone = new Set<Conversation<PendingCall>>();
  #outstanding = 0;

  constructor(inbox: string) {
    this.#inbox = inbox;
  }

  /** Calls that have no answer yet. */
  get outstanding(): number {
    return this.#outstanding;
  }

  /** With a secret of its own: whoever knows that can answer its calls. */
  open(member: Member): Conversation<PendingCall> {
    const conversation = new Conversation<PendingCall>(`${this.#inbox}.${secretToken()}`, member);
    const place = placeOf(member);
    this.#byPrefix.set(conversation.prefix, conversation);
    const there = this.#byPlace.get(place);
    if (there) there.add(conversation);
    else this.#byPlace.set(place, new Set([conversation]));
    return conversation;
  }

  add(pending: PendingCall): void {
    pending.conversation.add(pending);
    this.#outstanding++;
  }

  delete(pending: PendingCall): void {
    const { conversation } = pending;
    if (!conversation.delete(pending)) return;
    this.#outstanding--;
    if (conversation.gone && conversation.size === 0) this.#retire(conversation);
  }

  /** Whose answers come to a subject that begins like this. */
  of(prefix: string): Conversation<PendingCall> | undefined {
    return this.#byPrefix.get(prefix);
  }

  at(place: string): Iterable<Conversation<PendingCall>> {
    return this.#byPlace.get(place) ?? [];
  }

  /** An incarnation has gone, after it had been silent or without that. Returns the conversations with it; those that have no call left are forgotten. */
  left(member: Member, silentSince: number | undefined): readonly Conversation<PendingCall>[] {
    const left = [...this.at(placeOf(member))].filter((conversation) => isSame(conversation.member, member));
    for (const conversation of left) {
      conversation.gone = true;
      conversation.silentSince = silentSince;
      if (conversation.size === 0) this.#retire(conversation);
    }
    return left;
  }

  /** All calls, in no order. */
  calls(): PendingCall[] {
    return [...this.#byPrefix.values()].flatMap(({ calls }) => [...calls]);
  }

  #retire(conversation: Conversation<PendingCall>): void {
    const place = placeOf(conversation.member);
    const there = this.#byPlace.get(place);
    there?.delete(conversation);
    if (there?.size === 0) this.#byPlace.delete(place);
    this.#gone.add(conversation);
    if (this.#gone.size <= mostGone) return;
    const [oldest] = this.#gone;
    this.#gone.delete(oldest!);
    this.#byPrefix.delete(oldest!.prefix);
  }
}
