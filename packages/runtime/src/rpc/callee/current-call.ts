import { AsyncLocalStorage } from "node:async_hooks";
import type { Clock } from "../../base/clock.ts";
import { CallWork } from "./call-work.ts";
import type { RunningCall } from "./running-call.ts";

/**
 * Which call of one incarnation runs the code that asks: the innermost one. Only managers that journal their work pay for it.
 */
export class CurrentCall {
  readonly #storage = new AsyncLocalStorage<RunningCall>();
  readonly #clock: Pick<Clock, "now">;

  constructor(clock: Pick<Clock, "now">) {
    this.#clock = clock;
  }

  /** Runs `action`, and what it starts, as the code of that call. */
  during<R>(call: RunningCall, action: () => R): R {
    return this.#storage.run(call, action);
  }

  /** The call that runs here, or that left this behind when it ended. */
  get innermost(): RunningCall | undefined {
    return this.#storage.getStore();
  }

  /** The call that runs here; undefined outside one, and for what it left behind when it ended. */
  get(): RunningCall | undefined {
    const call = this.innermost;
    return call?.running ? call : undefined;
  }

  /** The call that runs here has begun journalled work on a resource, with this signal. Returns what to call when the work has ended. */
  work(signal: AbortSignal, resource: string): () => void {
    const call = this.get();
    if (!call) return () => {};
    call.work ??= new CallWork(call, this.#clock.now());
    return call.work.journal(signal, resource);
  }
}
