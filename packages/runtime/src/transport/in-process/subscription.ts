import { Receiver } from "../receiver.ts";
import type { Message, MessageHandler, Subscription } from "../transport.ts";

/** What a subscription needs of the hub. */
interface Router {
  readonly queue: { push(deliver: () => void): void };
  detach(subscription: InProcessSubscription): void;
}

/** What it needs of the client that made it. */
interface Owner {
  forget(subscription: InProcessSubscription): void;
  handlerFailed(subject: string, cause: unknown): void;
}

/** One client's interest in a subject. Until its client is connected, and once it is ended, the hub does not know of it. */
export class InProcessSubscription implements Subscription {
  readonly owner: Owner;
  readonly subject: string;
  readonly queueGroup: string | undefined;
  readonly #router: Router;
  readonly #receiver: Receiver;
  #open = true;

  constructor(router: Router, owner: Owner, subject: string, queueGroup: string | undefined, handler: MessageHandler) {
    this.#router = router;
    this.owner = owner;
    this.subject = subject;
    this.queueGroup = queueGroup;
    this.#receiver = new Receiver(handler, (cause) => owner.handlerFailed(subject, cause));
  }

  enqueue(message: Message): void {
    this.#router.queue.push(() => {
      if (this.#open) this.#receiver.hand(message);
    });
  }

  unsubscribe(): void {
    this.#open = false;
    this.#router.detach(this);
    this.owner.forget(this);
  }

  async drain(): Promise<void> {
    this.#router.detach(this);
    await new Promise<void>((resolve) => this.#router.queue.push(resolve));
    this.unsubscribe();
    await this.#receiver.idle();
  }
}
