import { setImmediate as turn } from "node:timers/promises";
import { reeveError } from "@reeve/contract";
import type { StoreDefinition } from "../store/index.ts";
import type { Effect, StreamEffect, WorkContext } from "./job.ts";

/**
 * Runs work that tells how far it is: its steps are yielded, and what `run` resolves with is returned. Who stops reading ends no
 * work: its steps are dropped from then on, and `return` resolves when the work has come to rest, so that whoever holds a lane
 * for it holds it that long.
 */
export async function* streamWork<D extends StoreDefinition, P, R>(
  effect: StreamEffect<D, P, R>,
  run: (effect: Effect<D, R>) => Promise<R>,
): AsyncGenerator<P, R, undefined> {
  const steps = new Handover<P>();
  const running = run((context) => tell(effect, context, steps));
  const rest = running.then(
    () => steps.close(),
    () => steps.close(),
  );
  try {
    for (let step = await steps.take(); step; step = await steps.take()) yield step.value;
    return await running;
  } finally {
    steps.close();
    await rest;
  }
}

/** Within the work: what it calls belongs to it, and its end comes with what the generator returns. */
async function tell<D extends StoreDefinition, P, R>(
  effect: StreamEffect<D, P, R>,
  context: WorkContext,
  steps: Handover<P>,
): ReturnType<Effect<D, R>> {
  const { signal } = context;
  const generator = effect(context);
  if (typeof generator?.next !== "function")
    throw reeveError(
      "INVALID_OPTION",
      "work.stream: expected an async generator function, as in async function* () {}",
    );
  for (;;) {
    const step = await generator.next();
    if (step.done) return step.value;
    await steps.give(step.value, signal);
    if (!signal.aborted) continue;
    // Told to end: it may clean up, and is asked for nothing more.
    await generator.return(undefined);
    throw signal.reason;
  }
}

/** Hands steps from the work to the reader, one at a time: the work waits for a reader that there is. */
class Handover<P> {
  #step: { readonly value: P } | undefined;
  #closed = false;
  #given = () => {};
  #taken = () => {};

  /** Resolves when the step was taken, nobody reads any more, or the work is to end. */
  give(value: P, signal: AbortSignal): Promise<void> {
    // Steps that nobody waits for may be made in one microtask after the other: others must get their turn.
    if (this.#closed || signal.aborted) return turn();
    const { promise, resolve } = Promise.withResolvers<void>();
    const end = () => resolve();
    signal.addEventListener("abort", end, { once: true });
    this.#step = { value };
    this.#taken = () => {
      signal.removeEventListener("abort", end);
      resolve();
    };
    this.#given();
    return promise;
  }

  /** The next step; undefined once there is none any more. */
  async take(): Promise<{ readonly value: P } | undefined> {
    if (!this.#step && !this.#closed) {
      await new Promise<void>((resolve) => {
        this.#given = resolve;
      });
    }
    const step = this.#step;
    this.#step = undefined;
    this.#taken();
    return step;
  }

  close(): void {
    this.#closed = true;
    this.#given();
    this.#taken();
  }
}
