import { durationMs, ReeveError } from "@reeve/contract";
import {
  type DriverCallOptions,
  DriverError,
  type DriverLog,
  type DriverSession,
  type Fenced,
  type Method,
  type Progress,
  type TransferCall,
  type TransferOptions,
} from "@reeve/driver-sdk";
import { fromDriver, markDriverFailure } from "@reeve/driver-sdk/internal";
import type { Clock } from "../base/clock.ts";
import { boundedValue } from "../inspection/bounded-value.ts";
import type { ManagerObserving } from "../telemetry/index.ts";
import { CallGuard } from "./call-guard.ts";
import type { CompiledDriverLimits } from "./driver-limits.ts";
import type { DriverStats } from "./driver-stats.ts";
import type { SessionKeeper } from "./session.ts";
import type { SessionSlots } from "./session-slots.ts";

/** One method as it is called, found once per facade. */
export interface CallSite {
  /** As in logs and counters: `create`, `snapshots.create`. */
  readonly name: string;
  readonly method: Pick<Method, "kind" | "timeoutMs">;
  enter(session: DriverSession, input: unknown, call: TransferCall): unknown;
}

/** Where calls are noted whose effect somebody has to settle. */
export interface CallNotes {
  /**
   * A call enters the driver, in the context of whoever makes it. Returns how to say that it has come to rest, or nothing when
   * nobody is interested. A throw refuses the call.
   */
  entered(call: { readonly driver: string; readonly method: string; readonly since: Date }): (() => void) | undefined;
}

export interface CallerOptions {
  readonly driver: string;
  readonly clock: Clock;
  readonly log: DriverLog;
  readonly limits: CompiledDriverLimits;
  readonly counters: DriverStats;
  readonly keeper: SessionKeeper;
  readonly epoch: number;
  readonly work?: CallNotes | undefined;
  /** Sees each call. Default: nobody does. */
  readonly observing?: ManagerObserving | undefined;
}

/** A call that holds a slot. */
interface Entered {
  readonly slots: SessionSlots;
  readonly guard: CallGuard;
  readonly startedAt: number;
  readonly options: DriverCallOptions;
  /** Gives the slot back, and says that the call has come to rest. */
  readonly release: () => void;
}

const fenceSite: CallSite = {
  name: "fence",
  method: { kind: "call" },
  enter: (session, fenced, call) => {
    if (session.fence) return session.fence(fenced as Fenced, call);
    throw new DriverError("UNIMPLEMENTED", "the driver does not fence as it is configured");
  },
};

/** How much of a late answer the log shows. */
const shownOfAnswer = { depth: 2, nodes: 20, text: 200 };

/** Carries calls to the driver: slot, deadline, abort, counters, log and errors around each. */
export class Caller {
  readonly #options: CallerOptions;
  readonly #guards = new Set<CallGuard>();

  constructor(options: CallerOptions) {
    this.#options = options;
  }

  call(site: CallSite, input: unknown, options: TransferOptions = {}): Promise<unknown> {
    const { observing, driver } = this.#options;
    if (observing === undefined) return this.#call(site, input, options);
    return observing.during(observing.driverCall(driver, site.name), () => this.#call(site, input, options));
  }

  async fence(fenced: Fenced, options: DriverCallOptions = {}): Promise<void> {
    await this.call(fenceSite, fenced, options);
  }

  async #call(site: CallSite, input: unknown, options: TransferOptions): Promise<unknown> {
    const entered = await this.#enter(site, options);
    const { guard, slots } = entered;
    const call = this.#context(guard, options.onProgress);
    const work = (async () => site.enter(slots.session, input, call))();
    let failure: unknown;
    try {
      return await guard.waitFor(work);
    } catch (error) {
      failure = this.#failed(site, entered, error);
      throw failure;
    } finally {
      this.#leave(site, entered, work, failure);
    }
  }

  async *stream(site: CallSite, input: unknown, options: DriverCallOptions = {}): AsyncGenerator<unknown, void, void> {
    const { observing, driver } = this.#options;
    const observed = observing?.driverCall(driver, site.name);
    let failure: unknown;
    try {
      yield* this.#stream(site, input, options);
    } catch (error) {
      failure = error;
      throw error;
    } finally {
      if (observed) observing!.ended(observed, failure);
    }
  }

  async *#stream(site: CallSite, input: unknown, options: DriverCallOptions): AsyncGenerator<unknown, void, void> {
    const entered = await this.#enter(site, options);
    const { guard, slots } = entered;
    let step: Promise<unknown> = Promise.resolve();
    let failure: unknown;
    let items: AsyncIterator<unknown> | undefined;
    try {
      const call = this.#context(guard, undefined);
      items = (site.enter(slots.session, input, call) as AsyncIterable<unknown>)[Symbol.asyncIterator]();
      for (;;) {
        guard.signal.throwIfAborted();
        guard.alive();
        const next = items.next();
        step = next;
        const { done, value } = await guard.waitFor(next);
        // A slow reader is no stall of the driver.
        guard.rest();
        if (done) {
          items = undefined;
          return;
        }
        yield value;
      }
    } catch (error) {
      failure = this.#failed(site, entered, error);
      throw failure;
    } finally {
      if (items?.return && !guard.gaveUp) {
        guard.alive();
        step = Promise.resolve(items.return());
        await guard.waitFor(step).catch(() => {});
      }
      this.#leave(site, entered, step, failure);
    }
  }

  /** Ends every call that waits or runs. */
  endAll(reason: ReeveError): void {
    for (const guard of this.#guards) guard.end(reason);
  }

  /** Calls that wait for the device or are with it, the oldest first: what their callers wait for now. */
  waitedFor(): readonly string[] {
    return [...this.#guards].map(({ what }) => what);
  }

  async #enter(site: CallSite, options: DriverCallOptions): Promise<Entered> {
    const { clock, keeper, counters } = this.#options;
    const { slots } = keeper;
    const guard = this.#guard(site, options);
    this.#guards.add(guard);
    counters.waiting++;
    try {
      const release = this.#note(site, slots, await slots.acquire(guard.signal));
      guard.run();
      counters.running++;
      return { slots, guard, release, options, startedAt: clock.now() };
    } catch (error) {
      this.#forget(guard);
      throw this.#marked(site, guard, error, options);
    } finally {
      counters.waiting--;
    }
  }

  /** Until the call has returned, or its session was closed, it may take effect: whoever settles that must know. */
  #note({ name }: CallSite, slots: SessionSlots, free: () => void): () => void {
    const { driver, clock, work } = this.#options;
    let rested: (() => void) | undefined;
    try {
      rested = work?.entered({ driver, method: name, since: new Date(clock.wallNow()) });
    } catch (error) {
      free();
      throw error;
    }
    if (!rested) return free;
    const left = slots.enter(rested);
    return () => {
      free();
      left();
    };
  }

  #guard({ name, method }: CallSite, { signal, timeout }: DriverCallOptions): CallGuard {
    const { driver, clock, limits } = this.#options;
    const ofCaller = timeout === undefined ? undefined : durationMs(`${driver}: ${name}: timeout`, timeout);
    const oneAnswer = method.kind === "call";
    return new CallGuard({
      clock,
      what: `${driver}: ${name}`,
      timeoutMs: ofCaller ?? (oneAnswer ? (method.timeoutMs ?? limits.timeoutMs) : Number.POSITIVE_INFINITY),
      stallMs: oneAnswer ? Number.POSITIVE_INFINITY : (method.timeoutMs ?? limits.stallTimeoutMs),
      graceMs: limits.abortGraceMs,
      signal,
    });
  }

  #context(guard: CallGuard, onProgress: TransferOptions["onProgress"]): TransferCall {
    const { log, epoch } = this.#options;
    const progress = (step: Progress) => {
      guard.alive();
      if (!this.#guards.has(guard) || guard.signal.aborted) return;
      try {
        onProgress?.(step);
      } catch (err) {
        log.error({ err }, "a progress listener threw");
      }
    };
    return { signal: guard.signal, log, epoch, progress };
  }

  #failed(site: CallSite, { guard, options }: Entered, error: unknown): unknown {
    const { driver, keeper } = this.#options;
    if (error instanceof DriverError && error.code === "UNAVAILABLE") keeper.suspect();
    const failure = guard.signal.aborted ? guard.signal.reason : fromDriver(error, { driver, method: site.name });
    return this.#marked(site, guard, failure, options);
  }

  /** Says that the failure came out of this call, but of a caller's own reason to end it. */
  #marked({ name: method }: CallSite, guard: CallGuard, failure: unknown, { signal }: DriverCallOptions): unknown {
    const { driver } = this.#options;
    if (!(failure instanceof ReeveError) || failure === signal?.reason) return failure;
    // A call that the runtime ended had no word of the driver's.
    const passing = guard.signal.aborted || failure.retryable;
    return markDriverFailure(failure, { driver, method, passing });
  }

  #leave(site: CallSite, entered: Entered, work: Promise<unknown>, failure: unknown): void {
    const { guard, startedAt, release } = entered;
    const { driver, clock, log, counters } = this.#options;
    const ms = clock.now() - startedAt;
    counters.count(site.name, ms, failure !== undefined);
    this.#forget(guard);
    if (failure === undefined) log.debug({ driver, method: site.name, ms }, "driver call");
    else log.warn({ driver, method: site.name, ms, err: failure }, "driver call failed");
    const settled = () => {
      counters.running--;
      release();
    };
    if (guard.gaveUp) this.#keep(site, entered, work, settled);
    else settled();
  }

  /** Counts a call that its caller was let go of as hung, with its slot, until it returns. */
  #keep(site: CallSite, { slots, startedAt }: Entered, work: Promise<unknown>, settled: () => void): void {
    const { driver, clock, log, counters, keeper } = this.#options;
    const ms = clock.now() - startedAt;
    const hung = { method: site.name, since: new Date(clock.wallNow() - ms).toISOString() };
    slots.hung.add(hung);
    counters.hung++;
    log.error({ driver, method: site.name }, "driver call ignores its abort and keeps its slot");
    const returned = (came: object) => {
      slots.hung.delete(hung);
      counters.hung--;
      log.warn({ driver, method: site.name, ms: clock.now() - startedAt, ...came }, "hung driver call returned");
      settled();
    };
    work.then(
      (answer) => returned({ answer: boundedValue(answer, shownOfAnswer) }),
      (err: unknown) => returned({ err }),
    );
    // The last slot may be gone: then nothing gets through until one returns.
    if (slots.exhausted) keeper.suspect();
  }

  #forget(guard: CallGuard): void {
    this.#guards.delete(guard);
    guard.dispose();
  }
}
