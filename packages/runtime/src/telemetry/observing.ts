import { ReeveError } from "@reeve/contract";
import type { Clock } from "../base/clock.ts";
import { textOf } from "./describe-error.ts";
import type { Logger } from "./logger.ts";
import type {
  Ending,
  Observation,
  ObservedCall,
  ObservedDriverCall,
  ObservedRun,
  ObservedStep,
  ObservedTransaction,
  ObservedWork,
  Observer,
} from "./observer.ts";

/** One thing that is observed until it ends. */
export class Observed implements Observation {
  readonly #observing: Observing;
  readonly #observation: Observation;
  readonly #since: number;
  readonly traceparent: string | undefined;

  constructor(observing: Observing, observation: Observation, traceparent: string | undefined) {
    this.#observing = observing;
    this.#observation = observation;
    this.#since = observing.clock.now();
    this.traceparent = traceparent;
  }

  /** What the observer itself has returned. */
  get own(): Observation {
    return this.#observation;
  }

  /** @param error undefined where it succeeded @param address where it was done */
  ended(error: unknown, address: string | undefined): void {
    const { clock } = this.#observing;
    const ms = clock.now() - this.#since;
    this.#observing.safely(() => this.#observation.end?.(endingOf(error, address, ms)));
  }
}

function endingOf(error: unknown, address: string | undefined, ms: number): Ending {
  if (error === undefined) return { error, reason: undefined, outcome: "executed", address, ms };
  if (error instanceof ReeveError) {
    const { reason, outcome } = error;
    return { error, reason, outcome, address: address ?? error.address, ms };
  }
  const thrown = error instanceof Error ? error : new Error(textOf(error));
  return { error: thrown, reason: undefined, outcome: "executed", address, ms };
}

/** https://www.w3.org/TR/trace-context/#traceparent-header: version 00, neither id all zeros. */
const traceparentPattern = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** Whether a value is a `traceparent` of W3C trace context, version 00. */
export function isTraceparent(value: unknown): value is string {
  return typeof value === "string" && traceparentPattern.test(value);
}

/** The observer of a process, whose faults stay its own. */
export class Observing {
  readonly clock: Clock;
  readonly #observer: Observer;
  readonly #log: Logger;
  #warned = false;

  constructor(observer: Observer, clock: Clock, log: Logger) {
    this.#observer = observer;
    this.clock = clock;
    this.#log = log;
  }

  call(call: ObservedCall): Observed | undefined {
    return this.#begin(() => this.#observer.call?.(call));
  }

  run(run: ObservedRun): Observed | undefined {
    return this.#begin(() => this.#observer.run?.(run));
  }

  driverCall(call: ObservedDriverCall): Observed | undefined {
    return this.#begin(() => this.#observer.driverCall?.(call));
  }

  transaction(transaction: ObservedTransaction): Observed | undefined {
    return this.#begin(() => this.#observer.transaction?.(transaction));
  }

  work(work: ObservedWork): Observed | undefined {
    return this.#begin(() => this.#observer.work?.(work));
  }

  safely<R>(action: () => R): R | undefined {
    const threw = (error: unknown) => this.#warn(error, "the observer threw; further faults of it are not logged");
    try {
      const returned = action();
      // Types let a method be asynchronous: a rejection that nobody handles ends the process.
      if (returned instanceof Promise) returned.catch(threw);
      return returned;
    } catch (error) {
      threw(error);
      return undefined;
    }
  }

  #begin(ask: () => Observation | undefined | void): Observed | undefined {
    const observation = this.safely(ask);
    if (typeof observation !== "object" || observation === null) return undefined;
    const traceparent = this.safely(() => observation.traceparent);
    if (traceparent === undefined || isTraceparent(traceparent)) return new Observed(this, observation, traceparent);
    const expected = "the observer's traceparent: expected 00-<32 hex digits>-<16 hex digits>-<2 hex digits>";
    this.#warn(new TypeError(`${expected}, got ${String(traceparent)}`), "a traceparent of the observer is left out");
    return new Observed(this, observation, undefined);
  }

  #warn(err: unknown, message: string): void {
    if (this.#warned) return;
    this.#warned = true;
    this.#log.warn({ err }, message);
  }
}

/** Sees what one manager does beside its calls. */
export class ManagerObserving {
  readonly #observing: Observing;
  readonly #manager: string;
  readonly #address: string;
  readonly #running: () => Observed | undefined;

  /** @param running the call that does it, where that is known */
  constructor(observing: Observing, manager: string, address: string, running: () => Observed | undefined) {
    this.#observing = observing;
    this.#manager = manager;
    this.#address = address;
    this.#running = running;
  }

  driverCall(driver: string, method: string): Observed | undefined {
    return this.#observing.driverCall({ ...this.#step(), driver, method });
  }

  transaction(): Observed | undefined {
    return this.#observing.transaction(this.#step());
  }

  work(kind: string, resource: string): Observed | undefined {
    return this.#observing.work({ ...this.#step(), kind, resource });
  }

  /** It is over. @param error undefined where it succeeded */
  ended(observed: Observed, error: unknown): void {
    observed.ended(error, this.#address);
  }

  /** Does it, and tells how it ended. */
  async during<R>(observed: Observed | undefined, doing: () => Promise<R>): Promise<R> {
    try {
      const result = await doing();
      if (observed) this.ended(observed, undefined);
      return result;
    } catch (error) {
      if (observed) this.ended(observed, error ?? new Error(`it threw ${error}`));
      throw error;
    }
  }

  #step(): ObservedStep {
    return { manager: this.#manager, address: this.#address, parent: this.#running()?.own };
  }
}
