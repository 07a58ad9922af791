import type { Msg, NatsConnection, Subscription as NatsJsSubscription } from "@nats-io/transport-node";
import { type Alarms, type Message, type MessageHandler, Receiver, type Subscription } from "@reeve/runtime/transport";
import type { DeliveryThrottle, Taker } from "./delivery-throttle.ts";
import { NatsMessage } from "./message.ts";

/** What a subscription needs of its transport. */
export interface SubscriptionOwner {
  readonly throttle: DeliveryThrottle;
  /** Takes it off the list of those that a new connection is given. */
  forget(subscription: NatsSubscription): void;
  /** Resolves, bounded, when the broker has seen the end of the subscription and all it sent before has come. */
  settled(ending: Promise<void>): Promise<void>;
  /** The broker forbids it. */
  refused(subject: string, cause: unknown): void;
}

/** One interest in a subject, given to each connection anew. */
export class NatsSubscription implements Subscription, Taker {
  readonly #owner: SubscriptionOwner;
  readonly subject: string;
  readonly #queue: string | undefined;
  readonly #receiver: Receiver;
  readonly #alarms: Alarms;
  #open = true;
  /** The broker said no to it last. */
  #refused = false;
  #current: NatsJsSubscription | undefined;

  constructor(
    owner: SubscriptionOwner,
    alarms: Alarms,
    subject: string,
    queue: string | undefined,
    handler: MessageHandler,
  ) {
    this.#owner = owner;
    this.#alarms = alarms;
    this.subject = subject;
    this.#queue = queue;
    this.#receiver = new Receiver(handler, (cause) =>
      alarms.raise("handler.failed", `The handler of ${subject} failed; correct it`, { subject, cause }),
    );
  }

  /** A connection that is lost already is left alone: the next one follows. */
  attach(connection: NatsConnection): void {
    if (connection.isClosed()) return;
    this.#refused = false;
    const callback = (error: Error | null, message: Msg) => this.#receive(error, message);
    this.#current = connection.subscribe(this.subject, {
      callback: callback as (error: Error | null, message: Msg) => void,
      ...(this.#queue === undefined ? {} : { queue: this.#queue }),
    });
  }

  /** The broker has ended the subscription of that number. */
  revoked(id: number, cause: unknown): void {
    if (this.#current?.getID() === id) this.#wasRefused(cause);
  }

  /** Whether the broker forbade it when it was tried last. */
  get refused(): boolean {
    return this.#refused;
  }

  unsubscribe(): void {
    this.#open = false;
    this.#owner.forget(this);
    const current = this.#current;
    this.#current = undefined;
    if (current && !current.isClosed()) current.unsubscribe();
  }

  async drain(): Promise<void> {
    this.#owner.forget(this);
    const current = this.#current;
    if (this.#open && current && !current.isClosed()) await this.#owner.settled(draining(current));
    await this.#owner.throttle.idle();
    this.unsubscribe();
    await this.#receiver.idle();
  }

  take(message: Message): void {
    if (this.#open) this.#receiver.hand(message);
  }

  #wasRefused(cause: unknown): void {
    this.#current = undefined;
    this.#refused = true;
    if (this.#open) this.#owner.refused(this.subject, cause);
  }

  #receive(error: Error | null, received: Msg): void {
    const subject = this.subject;
    if (error) return this.#wasRefused(error);
    if (!this.#open) return;
    let message: NatsMessage;
    try {
      message = new NatsMessage(received);
    } catch (cause) {
      this.#alarms.raise("message.malformed", `A message for ${subject} has malformed headers and was dropped`, {
        subject,
        cause,
      });
      return;
    }
    this.#owner.throttle.hand(this, message);
  }
}

/** nats.js throws when the connection has just been closed. */
async function draining(current: NatsJsSubscription): Promise<void> {
  await current.drain();
}
