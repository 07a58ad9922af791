import type { Message, MessageHandler } from "./transport.ts";

/**
 * Stands between a link and one subscriber's handler. nats.js ends a connection's read loop at one synchronous throw, and a stray
 * rejection ends the process, so neither gets past here.
 */
export class Receiver {
  readonly #handler: MessageHandler;
  readonly #onFailure: (cause: unknown) => void;
  #running = 0;
  #idle: (() => void)[] = [];

  constructor(handler: MessageHandler, onFailure: (cause: unknown) => void) {
    this.#handler = handler;
    this.#onFailure = onFailure;
  }

  hand(message: Message): void {
    try {
      const result = this.#handler(message);
      if (result && typeof result.then === "function") this.#await(result);
    } catch (cause) {
      this.#onFailure(cause);
    }
  }

  /** Resolves when no asynchronous handler is running. */
  idle(): Promise<void> {
    if (this.#running === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  #await(result: PromiseLike<void>): void {
    this.#running += 1;
    const settled = () => {
      this.#running -= 1;
      if (this.#running > 0) return;
      const idle = this.#idle;
      this.#idle = [];
      for (const resolve of idle) resolve();
    };
    // Promise.resolve tames a foreign thenable that settles twice or throws from `then`.
    Promise.resolve(result).then(settled, (cause: unknown) => {
      this.#onFailure(cause);
      settled();
    });
  }
}
