import type { Clock } from "../../../base/clock.ts";
import { isServedElsewhere } from "../../caller/elsewhere.ts";
import type { RoutedCall } from "../../caller/routed-call.ts";
import { isSame, type Member, type Membership, ofOneStore } from "../../membership.ts";
import type { PendingCall } from "./pending-call.ts";
import type { Facts, Repeat } from "./remote-call-state.ts";

/** For so long after a link came up others may still be coming back: a broker that restarted has forgotten all subscriptions. */
export const settlingMs = 5_000;

/** What the table of a remote call asks for, looked up when it does. */
export class CallFacts implements Facts {
  readonly #pending: PendingCall;
  readonly #membership: Membership;
  readonly #clock: Clock;
  readonly #linkUpAt: number;

  /** @param linkUpAt when this process had its link again */
  constructor(pending: PendingCall, membership: Membership, clock: Clock, linkUpAt: number) {
    this.#pending = pending;
    this.#membership = membership;
    this.#clock = clock;
    this.#linkUpAt = linkUpAt;
  }

  get repeat(): Repeat {
    return repeatOf(this.#pending.call);
  }

  get named(): boolean {
    return this.#pending.conversation.named;
  }

  get lives(): boolean {
    const { gone, member } = this.#pending.conversation;
    const there = this.#there;
    return there !== undefined && !gone && isSame(there, member);
  }

  get silent(): boolean {
    const { conversation, sentAt } = this.#pending;
    return conversation.silentSince !== undefined && conversation.silentSince < sentAt;
  }

  get elsewhere(): boolean {
    const { call } = this.#pending;
    const { route, idempotent } = call.operation;
    if (route !== "any" && !idempotent) return false;
    return this.#clock.now() - this.#linkUpAt >= settlingMs && isServedElsewhere(call);
  }

  get sameStore(): boolean {
    const there = this.#there;
    return there !== undefined && ofOneStore(there, this.#pending.conversation.member);
  }

  get #there(): Member | undefined {
    const { manager, major, address } = this.#pending.conversation.member;
    return this.#membership.at(manager, major, address);
  }
}

/** Running it twice is harmless by its author's word, or kept from happening by its own store. */
function repeatOf({ operation, idempotencyKey }: RoutedCall): Repeat {
  if (operation.idempotent) return "anywhere";
  return isSentByKey(operation) && idempotencyKey !== undefined ? "byKey" : "never";
}

/** Whether its key is reason enough: steps of another run do not follow those that came, so joining a stream is for its caller to decide. */
export function isSentByKey({ dedupe, kind }: RoutedCall["operation"]): boolean {
  return dedupe === "store" && kind !== "stream";
}
