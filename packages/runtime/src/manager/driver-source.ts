import { ReeveError, reeveError } from "@reeve/contract";
import type { AnyDriverPort, Driver } from "@reeve/driver-sdk";
import { requireDriverOf } from "@reeve/driver-sdk/internal";
import { withTimeout } from "../base/bounded-wait.ts";
import type { Clock } from "../base/clock.ts";
import { briefly } from "../config/index.ts";

/** A driver, or a function that makes one: asked at the start of each incarnation and at each reset. */
export type DriverSource<P extends AnyDriverPort = any> = Driver<P> | (() => Driver<P> | Promise<Driver<P>>);

interface MakeDriverOptions {
  /** `manager at address`, for messages. */
  readonly name: string;
  readonly port: AnyDriverPort;
  readonly source: DriverSource;
  readonly clock: Clock;
  /** Ends the waiting. */
  readonly signal: AbortSignal;
}

/** Below what a reset may take: a function that hangs is a bad source, and degrades nothing. */
const readTimeoutMs = 25_000;

/** @throws ReeveError `INVALID_OPTION`, with what the function threw as `cause`; the signal's reason */
export async function makeDriver({ name, port, source, clock, signal }: MakeDriverOptions): Promise<Driver> {
  if (typeof source !== "function") return source;
  let made: Driver | undefined;
  try {
    const making = Promise.resolve(source()).then((driver) => {
      made = driver;
    });
    const inTime = await withTimeout(clock, readTimeoutMs, making, signal);
    signal.throwIfAborted();
    if (!inTime) throw new Error(`no driver within ${readTimeoutMs / 1_000} s`);
    requireDriverOf(port, made);
  } catch (cause) {
    if (signal.aborted) throw signal.reason;
    const whole = cause instanceof Error ? cause.message : String(cause);
    const why = briefly(whole);
    throw reeveError("INVALID_OPTION", `driver of ${name}: ${why}`, why === whole ? { cause } : {});
  }
  return made as Driver;
}

/** Making and set-up together, with the grace of a set-up that is ended, take less than a reset may. */
const replaceTimeoutMs = 20_000;

/**
 * Puts what is made anew in the place of the driver in use. Resolves with why that stays, or undefined.
 *
 * @throws the signal's reason
 */
export async function replaceDriver(
  replace: (signal: AbortSignal) => Promise<void>,
  clock: Clock,
  signal: AbortSignal,
): Promise<ReeveError | undefined> {
  const bound = new AbortController();
  const late = () =>
    bound.abort(reeveError("INVALID_OPTION", `driver: no other one within ${replaceTimeoutMs / 1_000} s`));
  const timer = clock.setTimeout(late, replaceTimeoutMs);
  try {
    await replace(AbortSignal.any([signal, bound.signal]));
    return undefined;
  } catch (error) {
    signal.throwIfAborted();
    return error instanceof ReeveError ? error : reeveError("INVALID_OPTION", `driver: ${error}`, { cause: error });
  } finally {
    clock.clearTimeout(timer);
  }
}
