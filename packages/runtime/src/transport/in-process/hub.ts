import type { Random } from "../../base/random.ts";
import { SubjectIndex } from "../subject-index.ts";
import type { Message } from "../transport.ts";
import { DeliveryQueue } from "./delivery-queue.ts";
import type { InProcessSubscription } from "./subscription.ts";

/** Routes between the clients of one process. */
export class Hub {
  readonly maxPayloadBytes: number;
  readonly queue = new DeliveryQueue();
  readonly #index = new SubjectIndex<InProcessSubscription>();
  readonly #random: Random;

  constructor(maxPayloadBytes: number, random: Random) {
    this.maxPayloadBytes = maxPayloadBytes;
    this.#random = random;
  }

  attach(subscription: InProcessSubscription): void {
    this.#index.add(subscription.subject, subscription);
  }

  detach(subscription: InProcessSubscription): void {
    this.#index.delete(subscription.subject, subscription);
  }

  /** Whom a message goes to is settled here, at the time of the publish. */
  route(publisher: object, message: Omit<Message, "noResponders">): void {
    const targets = this.#index.match(message.subject);
    if (targets.size === 0) {
      if (message.reply !== undefined) this.#noResponders(publisher, message.reply);
      return;
    }
    let groups: Map<string, InProcessSubscription[]> | undefined;
    for (const subscription of targets) {
      if (subscription.queueGroup === undefined) this.#deliver(subscription, message);
      else {
        groups ??= new Map();
        const members = groups.get(subscription.queueGroup);
        if (members) members.push(subscription);
        else groups.set(subscription.queueGroup, [subscription]);
      }
    }
    if (!groups) return;
    for (const members of groups.values()) {
      const chosen = members.length === 1 ? 0 : Math.floor(this.#random() * members.length);
      this.#deliver(members[chosen] as InProcessSubscription, message);
    }
  }

  /** As nats-server has it, only the publisher itself is told, at its first subscription that matches the reply subject. */
  #noResponders(publisher: object, reply: string): void {
    for (const subscription of this.#index.match(reply)) {
      if (subscription.owner !== publisher) continue;
      subscription.enqueue({ subject: reply, data: new Uint8Array(0), noResponders: true });
      return;
    }
  }

  #deliver(
    subscription: InProcessSubscription,
    { subject, data, reply, headers }: Omit<Message, "noResponders">,
  ): void {
    // Each receiver gets bytes of its own, as from a socket: one that changes them changes nobody else's.
    subscription.enqueue({ subject, data: new Uint8Array(data), reply, headers, noResponders: false });
  }
}
