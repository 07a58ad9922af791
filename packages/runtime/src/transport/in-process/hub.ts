import { reeveError } from "@reeve/contract";
import type { Random } from "../../base/random.ts";
import { checkToken } from "../subject.ts";
import { SubjectIndex } from "../subject-index.ts";
import type { Message, Transport } from "../transport.ts";
import { InProcessClient } from "./client.ts";
import { DeliveryQueue } from "./delivery-queue.ts";
import type { InProcessSubscription } from "./subscription.ts";

export interface InProcessOptions {
  /** Largest message in bytes, headers included. Default 1 MiB, as nats-server has it. */
  readonly maxPayloadBytes?: number;
  /** Picks the member of a queue group. Default `Math.random`. */
  readonly random?: Random;
}

export interface InProcessClientOptions {
  /** The subject token this client ends its calls with. Default `local`. */
  readonly caller?: string;
}

/** A broker without a wire: its clients talk to each other as hosts on one NATS server would. */
export interface InProcessHub {
  /** A host of its own. Several may share a caller name; their inboxes differ. */
  client(options?: InProcessClientOptions): Transport;
}

/**
 * Makes a hub whose clients exchange messages within this process, with the semantics of NATS: asynchronous, ordered, copied.
 *
 * @throws ReeveError `INVALID_OPTION` naming the option
 */
export function inProcess({ maxPayloadBytes = 1_048_576, random = Math.random }: InProcessOptions = {}): InProcessHub {
  if (!Number.isSafeInteger(maxPayloadBytes) || maxPayloadBytes < 1) {
    throw reeveError(
      "INVALID_OPTION",
      `maxPayloadBytes: ${String(maxPayloadBytes)} is no positive whole number of bytes`,
    );
  }
  const hub = new Hub(maxPayloadBytes, random);
  let clients = 0;
  return {
    client({ caller = "local" } = {}) {
      checkToken("caller", caller);
      clients += 1;
      return new InProcessClient(hub, caller, `_INBOX.${caller}.${clients}`);
    },
  };
}

/** Routes between the clients. */
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
  route(publisher: InProcessClient, message: Omit<Message, "noResponders">): void {
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
  #noResponders(publisher: InProcessClient, reply: string): void {
    for (const subscription of this.#index.match(reply)) {
      if (subscription.client !== publisher) continue;
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
