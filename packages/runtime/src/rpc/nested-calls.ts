import type { ReeveError } from "@reeve/contract";
import type { Cancellable } from "./origin.ts";

/** What ends with a call: its signal, and the calls that its handler has made. Made when first asked for: most calls have neither. */
export class NestedCalls {
  #controller: AbortController | undefined = undefined;
  #calls: Set<Cancellable> | undefined = undefined;
  #reason: ReeveError | undefined;

  /** @param reason why it has ended, if it has */
  constructor(reason: ReeveError | undefined) {
    this.#reason = reason;
  }

  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      if (this.#reason !== undefined) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  /** Ends with it, at once if it has ended. Returns how to forget the call. */
  add(nested: Cancellable): () => void {
    if (this.#reason !== undefined) {
      nested.cancel(this.#reason);
      return () => {};
    }
    this.#calls ??= new Set();
    this.#calls.add(nested);
    return () => this.#calls!.delete(nested);
  }

  end(reason: ReeveError): void {
    this.#reason = reason;
    this.#controller?.abort(reason);
    if (this.#calls) for (const nested of [...this.#calls]) nested.cancel(reason);
  }
}
