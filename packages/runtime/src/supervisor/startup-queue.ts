import { reeveError } from "@reeve/contract";
import type { ReceivedCall } from "../rpc/callee/received-call.ts";

/** Holds the calls for a manager that has no incarnation just now: it has not started yet, or is about to start again. */
export class StartupQueue {
  readonly #manager: string;
  readonly #limit: number;
  #calls: ReceivedCall[] = [];
  #closed = false;

  /** @param limit as many as the mailbox would queue */
  constructor(manager: string, limit: number) {
    this.#manager = manager;
    this.#limit = limit;
  }

  get size(): number {
    return this.#calls.length;
  }

  /** Those that still wait, in order of arrival. */
  waiting(): readonly ReceivedCall[] {
    return this.#calls.filter(({ settled }) => !settled);
  }

  admit(call: ReceivedCall): void {
    if (this.#closed || !call.waits) {
      call.refuse(reeveError("NOT_SERVING", `${this.#manager} is not running`, { data: { state: "stopped" } }));
      return;
    }
    // Calls that their caller or deadline has ended meanwhile make room.
    if (this.#calls.length >= this.#limit) this.#calls = this.#calls.filter(({ settled }) => !settled);
    if (this.#calls.length >= this.#limit) {
      const data = { queued: this.#calls.length, retryAfterMs: 1_000 };
      call.refuse(
        reeveError("MAILBOX_FULL", `${this.#manager} is starting and has ${data.queued} calls waiting`, { data }),
      );
      return;
    }
    this.#calls.push(call);
  }

  /** Hands over everybody who still waits, in order of arrival. */
  release(deliver: (call: ReceivedCall) => void): void {
    const calls = this.#calls;
    this.#calls = [];
    for (const call of calls) if (!call.settled) deliver(call);
  }

  /** Somebody may come again. */
  open(): void {
    this.#closed = false;
  }

  /** Nobody will come: refuses those who wait and those who come later. */
  close(): void {
    this.#closed = true;
    this.release((call) => this.admit(call));
  }
}
