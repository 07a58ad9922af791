import { AsyncLocalStorage } from "node:async_hooks";
import { type ReeveError, reeveError } from "@reeve/contract";
import { type Driver, DriverError, type DriverSession } from "@reeve/driver-sdk";
import { fromDriver } from "@reeve/driver-sdk/internal";
import { backoff } from "../base/backoff.ts";
import type { Clock, Timer } from "../base/clock.ts";
import { CallGuard } from "./call-guard.ts";
import type { ConnectionOptions } from "./connection-options.ts";
import { Line } from "./line.ts";

/** After so many failed checks in a row the device is set up anew. */
const renewAfterChecks = 3;

/** Sets a driver up until it succeeds, watches it, and sets it up anew when it does not come back. Never two at a time. */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #pause: (attempt: number) => number;
  readonly #longPause: (attempt: number) => number;
  #driver: Driver;
  #line: Line | undefined;
  /** Told to be up. */
  #started = false;
  #ready = false;
  #cause: ReeveError | undefined;
  /** Why nobody may call it though it is ready. */
  #shut: ReeveError | undefined;
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
  /** What was replaced and is still called. */
  readonly #outgoing = new Set<Line>();
  /** Leaves the context of the work whose call was the occasion: a check and what follows it are nobody's work. */
  readonly #outside = AsyncLocalStorage.snapshot();
  /** Settles when the set-up has come to its end, whatever that is. */
  #settingUp: Promise<void> | undefined;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#driver = options.driver;
    const { limits, random } = options;
    const { retryAfterMs, retryAtMostMs } = limits;
    this.#pause = backoff({ initialMs: retryAfterMs, maxMs: retryAtMostMs }, random);
    this.#longPause = backoff({ initialMs: retryAtMostMs, maxMs: retryAtMostMs }, random);
  }

  get healthy(): boolean {
    return this.#ready && this.#shut === undefined;
  }

  /** Why it is not healthy. */
  get cause(): ReeveError | undefined {
    return this.#cause;
  }

  /** Where calls go now. @throws ReeveError `DRIVER_LOST` */
  get line(): Line {
    if (this.healthy && this.#line) return this.#line;
    throw this.#lost();
  }

  /** While there is a cause, calls are refused with it; what runs goes on, and the device is watched as before. */
  shut(cause: ReeveError | undefined): void {
    this.#shut = cause;
  }

  start(): void {
    const turn = ++this.#turns;
    this.#started = true;
    this.#cause = undefined;
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
      await this.#closeSession(session);
      throw signal.reason ?? this.#lost();
    }
    this.#turns++;
    this.#endSetUp();
    this.#checking?.end(this.#lost());
    if (this.#line) void this.#retireIdle(this.#line);
    this.#driver = driver;
    this.#line = new Line(session, this.#options.limits.maxConcurrent);
    this.#recovered();
    this.#checkLater(this.#line);
  }

  /** A call could not reach the device: check now instead of at the next turn. */
  suspect(): void {
    if (!this.#ready || !this.#line || this.#line.checking) return;
    this.#options.clock.clearTimeout(this.#timer);
    this.#outside(() => void this.#check(this.#line!));
  }

  /** Stops everything and closes the session, bounded. Call once. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#letGo(this.#resting);
  }

  async #letGo(before: Promise<void> | undefined): Promise<void> {
    const line = this.#line;
    const outgoing = [...this.#outgoing];
    this.#line = undefined;
    this.#ready = false;
    this.#endSetUp();
    this.#checking?.end(this.#lost());
    this.#replacing?.end(this.#lost());
    // A successor's set-up must not run beside this one; the guard's grace bounds the wait.
    await Promise.all([this.#settingUp, before]);
    await Promise.all([...(line ? [line] : []), ...outgoing].map((one) => this.#retire(one)));
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
    const line = this.#line;
    this.#line = undefined;
    this.#endSetUp();
    this.#checking?.end(this.#lost());
    const before = [this.#settingUp, this.#resting, line && this.#retire(line)];
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
      opening.then((late) => this.#closeSession(late)).catch(() => {});
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
      if (this.#isOver(turn)) return await this.#closeSession(session);
      this.#line = new Line(session, limits.maxConcurrent);
      this.#recovered();
      this.#checkLater(this.#line);
    } catch (error) {
      // A set-up that comes through after it was given up must not stay open beside its successor.
      if (guard.gaveUp) opening.then((late) => this.#closeSession(late)).catch(() => {});
      if (!this.#isOver(turn)) this.#setUpFailed(error, attempt);
    } finally {
      guard.dispose();
    }
  }

  #setUpFailed(error: unknown, attempt: number): void {
    const { driver, clock, counters, log, events } = this.#options;
    counters.failedSetups++;
    this.#cause = fromDriver(error, { driver: driver.name, method: "setup" });
    const hopeless = error instanceof DriverError && !error.retryable;
    const pauseMs = (hopeless ? this.#longPause : this.#pause)(attempt);
    log.warn({ driver: driver.name, attempt, pauseMs, err: this.#cause }, "driver set-up failed");
    events.onStillLost?.(this.#cause);
    this.#timer = clock.setTimeout(() => this.#begin(attempt + 1), pauseMs);
  }

  #checkLater(line: Line): void {
    const { clock, limits } = this.#options;
    clock.clearTimeout(this.#timer);
    this.#timer = clock.setTimeout(() => void this.#check(line), limits.checkEveryMs);
  }

  async #check(line: Line): Promise<void> {
    try {
      await this.#checkOnce(line);
      if (this.#line !== line || this.#closed) return;
      line.failedChecks = 0;
      this.#recovered();
    } catch (error) {
      if (this.#line !== line || this.#closed) return;
      line.failedChecks++;
      this.#unwell(fromDriver(error, { driver: this.#options.driver.name, method: "check" }));
      const hopeless = error instanceof DriverError && !error.retryable;
      if (hopeless || (line.failedChecks >= renewAfterChecks && !line.choked)) return this.#renew(line);
    }
    this.#checkLater(line);
  }

  async #checkOnce(line: Line): Promise<void> {
    const { limits, log, epoch } = this.#options;
    if (line.choked) throw line.choked;
    if (!line.session.check) return;
    // A check that hangs is not joined by another: it stays the only one until it returns.
    if (line.checking) throw new DriverError("UNAVAILABLE", "the last check has not returned");
    const guard = this.#guard("check", limits.checkTimeoutMs, 0);
    this.#checking = guard;
    line.checking = true;
    const checking = line.session.check({ signal: guard.signal, log, epoch }).finally(() => {
      line.checking = false;
    });
    try {
      await guard.waitFor(checking);
    } finally {
      guard.dispose();
    }
  }

  #recovered(): void {
    const { driver, log, events } = this.#options;
    if (this.#ready) return;
    this.#ready = true;
    this.#cause = undefined;
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
    counters.losses++;
    log.error({ driver: driver.name, err: cause }, "driver lost");
    events.onLost(cause);
  }

  #renew(line: Line): void {
    this.#line = undefined;
    void this.#retire(line);
    this.#begin(0);
  }

  /** Its calls end in their own time, which their guards bound. */
  async #retireIdle(line: Line): Promise<void> {
    this.#outgoing.add(line);
    await line.slots.idle();
    // Let go of meanwhile: then it is closed already.
    if (this.#outgoing.has(line)) await this.#retire(line);
  }

  async #retire(line: Line): Promise<void> {
    this.#outgoing.delete(line);
    const { clock, limits } = this.#options;
    line.slots.close(this.#lost());
    await bounded(clock, limits.closeTimeoutMs, line.slots.idle());
    await this.#closeSession(line.session);
    line.closed();
  }

  async #closeSession(session: DriverSession): Promise<void> {
    const { driver, clock, limits, log } = this.#options;
    const closed = session
      .close()
      .catch((err) => log.warn({ driver: driver.name, err }, "driver did not close cleanly"));
    if (!(await bounded(clock, limits.closeTimeoutMs, closed)))
      log.warn({ driver: driver.name, afterMs: limits.closeTimeoutMs }, "driver did not close in time");
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

/** Whether the work ended within the time. */
function bounded(clock: Clock, ms: number, work: Promise<unknown>): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = clock.setTimeout(() => resolve(false), ms);
    const ended = () => {
      clock.clearTimeout(timer);
      resolve(true);
    };
    work.then(ended, ended);
  });
}
