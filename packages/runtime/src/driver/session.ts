import { AsyncLocalStorage } from "node:async_hooks";
import { type ReeveError, reeveError } from "@reeve/contract";
import type { Driver, DriverSession } from "@reeve/driver-sdk";
import { fromDriver } from "@reeve/driver-sdk/internal";
import { backoff } from "../base/backoff.ts";
import type { Timer } from "../base/clock.ts";
import { CallGuard } from "./call-guard.ts";
import { OutgoingSessions } from "./outgoing-sessions.ts";
import { checkSession, isHopeless, needsRenewal } from "./session-check.ts";
import type { SessionOptions } from "./session-options.ts";
import { SessionSlots } from "./session-slots.ts";

/**
 * How a driver is, for people: `ready`; `checking`: it is, and is asked whether it still is; `shut`: it is, and nobody may call it;
 * `setting up`, for the first time; `lost`, or not there yet, and why is known; `resting`: nobody wants it up.
 */
export type DriverState = "ready" | "checking" | "shut" | "setting up" | "lost" | "resting";

/** Sets a driver up until it succeeds, watches it, and sets it up anew when it does not come back. Never two at a time. */
export class SessionKeeper {
  readonly #options: SessionOptions;
  readonly #pause: (attempt: number) => number;
  readonly #longPause: (attempt: number) => number;
  #driver: Driver;
  #slots: SessionSlots | undefined;
  /** Told to be up. */
  #started = false;
  #ready = false;
  #cause: ReeveError | undefined;
  /** Why nobody may call it though it is ready. */
  #shut: ReeveError | undefined;
  #since: number;
  #closed = false;
  /** How often it was started or let go of: what began before the last of these changes nothing any more. */
  #turns = 0;
  /** Settles when the session that was let go of is closed. */
  #resting: Promise<void> | undefined;
  #timer: Timer;
  /** Ends the set-up that runs, or the check. */
  #opening: CallGuard | undefined;
  #checking: CallGuard | undefined;
  /** Ends the set-up of another driver beside this one. */
  #replacing: CallGuard | undefined;
  readonly #outgoing: OutgoingSessions;
  /** Leaves the context of the work whose call was the occasion: a check and what follows it are nobody's work. */
  readonly #outside = AsyncLocalStorage.snapshot();
  /** Settles when the set-up has come to its end, whatever that is. */
  #settingUp: Promise<void> | undefined;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#driver = options.driver;
    this.#since = options.clock.wallNow();
    this.#outgoing = new OutgoingSessions(options, () => this.#lost());
    const { limits, random } = options;
    const { retryAfterMs, retryAtMostMs } = limits;
    this.#pause = backoff({ initialMs: retryAfterMs, maxMs: retryAtMostMs }, random);
    this.#longPause = backoff({ initialMs: retryAtMostMs, maxMs: retryAtMostMs }, random);
  }

  get healthy(): boolean {
    return this.#ready && this.#shut === undefined;
  }

  /** Why it is not healthy; undefined before the first set-up has failed. */
  get cause(): ReeveError | undefined {
    return this.#cause ?? (this.#ready ? this.#shut : undefined);
  }

  get state(): DriverState {
    if (!this.#started) return "resting";
    if (!this.#ready) return this.#cause ? "lost" : "setting up";
    if (this.#shut) return "shut";
    return this.#slots?.checking ? "checking" : "ready";
  }

  /** Since when it may be called, or may not, for the present reason; in milliseconds since 1970. */
  get since(): number {
    return this.#since;
  }

  /** Of the driver that is in place, as its author says. */
  get version(): string | undefined {
    return this.#driver.version;
  }

  /** Where calls go now. @throws ReeveError `DRIVER_LOST` */
  get slots(): SessionSlots {
    if (this.healthy && this.#slots) return this.#slots;
    throw this.#lost();
  }

  /** While there is a cause, calls are refused with it; what runs goes on, and the device is watched as before. */
  shut(cause: ReeveError | undefined): void {
    if (this.#ready && (cause === undefined) !== (this.#shut === undefined)) this.#turnedNow();
    this.#shut = cause;
  }

  start(): void {
    const turn = ++this.#turns;
    this.#started = true;
    this.#cause = undefined;
    this.#turnedNow();
    if (!this.#resting) return this.#begin(0);
    // The last session may hold what the next one needs.
    this.#settingUp = this.#resting.then(() => (this.#isOver(turn) ? undefined : this.#setUp(0)));
  }

  /**
   * Closes the session, or ends the set-up, and opens no other until it is started again; bounded, never rejects.
   *
   * @param cause what calls are refused for until then
   */
  rest(cause: ReeveError): Promise<void> {
    this.#turns++;
    this.#started = false;
    this.#cause = cause;
    this.#turnedNow();
    this.#resting = this.#letGo(this.#resting);
    return this.#resting;
  }

  /**
   * Puts another driver in this one's place. Two replacements at a time are the caller's mistake.
   *
   * | this one | the other | what happens |
   * |---|---|---|
   * | is up | comes up beside it | calls from now on go to the other; this one is closed when the last call on it has returned |
   * | is up | fails, or the signal aborts | this one stays; rejects |
   * | is lost meanwhile | comes up | takes over, whatever is being set up of this one |
   * | is lost, or not up yet | | is set up in its place, as often as it takes |
   * | rests | | is what is started next |
   * | rests or is closed meanwhile | comes up | is closed; rejects. It is not started next |
   *
   * @throws ReeveError what the set-up failed with, `DRIVER_LOST` when this one was let go of meanwhile
   */
  async replace(driver: Driver, signal: AbortSignal): Promise<void> {
    if (!this.#ready) return this.#adopt(driver);
    const turn = this.#turns;
    const session = await this.#setUpBeside(driver, signal);
    if (this.#isOver(turn) || signal.aborted) {
      await this.#outgoing.close(session);
      throw signal.reason ?? this.#lost();
    }
    this.#turns++;
    this.#endSetUp();
    this.#checking?.end(this.#lost());
    if (this.#slots) void this.#outgoing.retireIdle(this.#slots);
    this.#driver = driver;
    this.#slots = new SessionSlots(session, this.#options.limits.maxConcurrent);
    this.#recovered();
    this.#checkLater(this.#slots);
  }

  /** A call could not reach the device: check now instead of at the next turn. */
  suspect(): void {
    if (!this.#ready || !this.#slots || this.#slots.checking) return;
    this.#options.clock.clearTimeout(this.#timer);
    this.#outside(() => void this.#check(this.#slots!));
  }

  /** Stops everything and closes the session, bounded. Call once. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#letGo(this.#resting);
  }

  async #letGo(before: Promise<void> | undefined): Promise<void> {
    const slots = this.#slots;
    this.#slots = undefined;
    this.#ready = false;
    this.#endSetUp();
    this.#checking?.end(this.#lost());
    this.#replacing?.end(this.#lost());
    // A successor's set-up must not run beside this one; the guard's grace bounds the wait.
    await Promise.all([this.#settingUp, before]);
    await this.#outgoing.retireAll(slots);
  }

  #endSetUp(): void {
    this.#options.clock.clearTimeout(this.#timer);
    this.#opening?.end(this.#lost());
  }

  /** What there is does not serve: the other is set up without it. */
  #adopt(driver: Driver): void {
    this.#driver = driver;
    if (!this.#started) return;
    const turn = ++this.#turns;
    const slots = this.#slots;
    this.#slots = undefined;
    this.#endSetUp();
    this.#checking?.end(this.#lost());
    const before = [this.#settingUp, this.#resting, slots && this.#outgoing.retire(slots)];
    this.#settingUp = Promise.all(before).then(() => (this.#isOver(turn) ? undefined : this.#setUp(0)));
  }

  async #setUpBeside(driver: Driver, signal: AbortSignal): Promise<DriverSession> {
    const { limits, counters } = this.#options;
    const guard = this.#guard("setup", limits.setupTimeoutMs, limits.abortGraceMs, signal);
    this.#replacing = guard;
    counters.setups++;
    const opening = this.#open(driver, guard);
    try {
      return await guard.waitFor(opening);
    } catch (error) {
      counters.failedSetups++;
      // Whether it comes through within the grace or after it.
      opening.then((late) => this.#outgoing.close(late)).catch(() => {});
      throw fromDriver(error, { driver: driver.name, method: "setup" });
    } finally {
      guard.dispose();
    }
  }

  #open(driver: Driver, { signal }: CallGuard): Promise<DriverSession> {
    const { log, epoch, owner } = this.#options;
    return Promise.resolve().then(() => driver.setup({ signal, log, epoch, owner }));
  }

  #isOver(turn: number): boolean {
    return this.#closed || turn !== this.#turns;
  }

  #begin(attempt: number): void {
    this.#settingUp = this.#setUp(attempt);
  }

  async #setUp(attempt: number): Promise<void> {
    const { limits, counters } = this.#options;
    const turn = this.#turns;
    const guard = this.#guard("setup", limits.setupTimeoutMs, limits.abortGraceMs);
    this.#opening = guard;
    counters.setups++;
    const opening = this.#open(this.#driver, guard);
    try {
      const session = await guard.waitFor(opening);
      if (this.#isOver(turn)) return await this.#outgoing.close(session);
      this.#slots = new SessionSlots(session, limits.maxConcurrent);
      this.#recovered();
      this.#checkLater(this.#slots);
    } catch (error) {
      // A set-up that comes through after it was abandoned must not stay open beside its successor.
      if (guard.gaveUp) opening.then((late) => this.#outgoing.close(late)).catch(() => {});
      if (!this.#isOver(turn)) this.#setUpFailed(error, attempt);
    } finally {
      guard.dispose();
    }
  }

  #setUpFailed(error: unknown, attempt: number): void {
    const { driver, clock, counters, log, events } = this.#options;
    counters.failedSetups++;
    this.#cause = fromDriver(error, { driver: driver.name, method: "setup" });
    const pauseMs = (isHopeless(error) ? this.#longPause : this.#pause)(attempt);
    log.warn({ driver: driver.name, attempt, pauseMs, err: this.#cause }, "driver set-up failed");
    events.onStillLost?.(this.#cause);
    this.#timer = clock.setTimeout(() => this.#begin(attempt + 1), pauseMs);
  }

  #checkLater(slots: SessionSlots): void {
    const { clock, limits } = this.#options;
    clock.clearTimeout(this.#timer);
    this.#timer = clock.setTimeout(() => void this.#check(slots), limits.checkEveryMs);
  }

  async #check(slots: SessionSlots): Promise<void> {
    try {
      await this.#checkOnce(slots);
      if (this.#slots !== slots || this.#closed) return;
      slots.failedChecks = 0;
      this.#recovered();
    } catch (error) {
      if (this.#slots !== slots || this.#closed) return;
      slots.failedChecks++;
      this.#unwell(fromDriver(error, { driver: this.#options.driver.name, method: "check" }));
      if (needsRenewal(slots, error)) return this.#renew(slots);
    }
    this.#checkLater(slots);
  }

  async #checkOnce(slots: SessionSlots): Promise<void> {
    const { limits, log, epoch } = this.#options;
    const guard = () => {
      this.#checking = this.#guard("check", limits.checkTimeoutMs, 0);
      return this.#checking;
    };
    await checkSession(slots, guard, { log, epoch });
  }

  #recovered(): void {
    const { driver, log, events } = this.#options;
    if (this.#ready) return;
    this.#ready = true;
    this.#cause = undefined;
    this.#turnedNow();
    log.info({ driver: driver.name }, "driver ready");
    events.onReady();
  }

  #unwell(cause: ReeveError): void {
    const { driver, counters, log, events } = this.#options;
    const news = cause.message !== this.#cause?.message;
    this.#cause = cause;
    if (!this.#ready) {
      if (news) events.onStillLost?.(cause);
      return;
    }
    this.#ready = false;
    this.#turnedNow();
    counters.losses++;
    log.error({ driver: driver.name, err: cause }, "driver lost");
    events.onLost(cause);
  }

  #turnedNow(): void {
    this.#since = this.#options.clock.wallNow();
  }

  #renew(slots: SessionSlots): void {
    this.#slots = undefined;
    void this.#outgoing.retire(slots);
    this.#begin(0);
  }

  #guard(method: string, timeoutMs: number, graceMs: number, signal?: AbortSignal): CallGuard {
    const { driver, clock } = this.#options;
    const guard = new CallGuard({
      clock,
      what: `${driver.name}: ${method}`,
      timeoutMs,
      stallMs: Number.POSITIVE_INFINITY,
      graceMs,
      signal,
    });
    guard.run();
    return guard;
  }

  #lost(): ReeveError {
    const { driver } = this.#options;
    const cause = this.#cause ?? this.#shut;
    const why = this.#closed ? "it is closed" : (cause?.message ?? "it is being set up");
    return reeveError("DRIVER_LOST", `driver ${driver.name} cannot be called: ${why}`, {
      data: { driver: driver.name },
      retryable: !this.#closed,
      cause,
    });
  }
}
