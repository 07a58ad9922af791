import { Receiver } from "../receiver.ts";
import type { Message, MessageHandler, Subscription } from "../transport.ts";
import type { InProcessClient } from "./client.ts";
import type { Hub } from "./hub.ts";

/** One client's interest in a subject. Until its client is connected, and once it is ended, the hub does not know of it. */
export class InProcessSubscription implements Subscription {
  readonly client: InProcessClient;
  readonly subject: string;
  readonly queueGroup: string | undefined;
  readonly #hub: Hub;
  readonly #receiver: Receiver;
  #open = true;

  constructor(
    hub: Hub,
    client: InProcessClient,
    subject: string,
    queueGroup: string | undefined,
    handler: MessageHandler,
    onFailure: (cause: unknown) => void,
  ) {
    this.#hub = hub;
    this.client = client;
    this.subject = subject;
    this.queueGroup = queueGroup;
    this.#receiver = new Receiver(handler, onFailure);
  }

  enqueue(message: Message): void {
    this.#hub.queue.push(() => {
      if (this.#open) this.#receiver.hand(message);
    });
  }

  unsubscribe(): void {
    this.#open = false;
    this.#hub.detach(this);
    this.client.forget(this);
  }

  async drain(): Promise<void> {
    this.#hub.detach(this);
    await new Promise<void>((resolve) => this.#hub.queue.push(resolve));
    this.unsubscribe();
    await this.#receiver.idle();
  }
}
