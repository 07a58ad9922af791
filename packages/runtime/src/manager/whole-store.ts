import { isReason } from "@reeve/contract";
import { backoff } from "../base/backoff.ts";
import { withTimeout } from "../base/bounded-wait.ts";
import type { Clock } from "../base/clock.ts";
import type { Random } from "../base/random.ts";
import type { Cause } from "../lifecycle/cause.ts";
import type { Database, StoreFault } from "../store/index.ts";

interface WholeStorePort {
  readonly database: Pick<Database, "health">;
  readonly clock: Clock;
  readonly random: Random;
  readonly signal: AbortSignal;
  /** It waits, for this. */
  onWaiting(cause: Cause): void;
}

/** Another program that locks the database is nothing that the database would tell the end of. */
const pauses = { initialMs: 500, maxMs: 10_000 };

/**
 * Does what a start cannot do without: a database that fails is waited for, however long it takes, and asked again when it is
 * whole. What the database refuses for another reason than its own is thrown.
 *
 * @throws the signal's reason
 */
export async function withWholeStore<R>(port: WholeStorePort, action: () => Promise<R>): Promise<R> {
  const { database, clock, random, signal, onWaiting } = port;
  const pauseMs = backoff(pauses, random);
  for (let attempt = 0; ; attempt++) {
    if (database.health.fault) onWaiting(storeCause(database.health.fault));
    await whole(port);
    signal.throwIfAborted();
    try {
      return await action();
    } catch (error) {
      signal.throwIfAborted();
      const { fault } = database.health;
      if (!isReason(error, "STORE_FAILED") || !(fault || error.retryable)) throw error;
      onWaiting(fault ? storeCause(fault) : { reason: "STORE_FAILED", message: error.message });
    }
    await withTimeout(clock, pauseMs(attempt), new Promise(() => {}), signal);
  }
}

/** Why a manager whose tables are in that database cannot serve as it should. */
export function storeCause({ kind, error }: StoreFault): Cause {
  return { reason: "STORE_FAILED", message: error.message, data: { fault: kind } };
}

/** Resolves when nothing is wrong with the database, or with the signal. */
function whole({ database: { health }, signal }: WholeStorePort): Promise<void> {
  return new Promise((resolve) => {
    if (!health.fault || signal.aborted) return resolve();
    const done = () => {
      ignore();
      signal.removeEventListener("abort", done);
      resolve();
    };
    const ignore = health.onChange((fault) => fault ?? done());
    signal.addEventListener("abort", done, { once: true });
  });
}
