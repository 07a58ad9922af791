import { setImmediate } from "node:timers/promises";
import { DriverError } from "@reeve/driver-sdk";
import type { DeviceClock } from "../clock.ts";
import type { Wish } from "../deciding/wish.ts";
import type { SwitchState } from "../reading/switch-state.ts";
import { BusyMeter } from "./busy-meter.ts";
import { Caller } from "./caller.ts";
import { chooseWave } from "./choose-wave.ts";
import { type Ground, type Pending, runWave } from "./wave.ts";

/** More than a manager has in flight at once; what comes above that would wait longer than it can. */
const mostWaiting = 10_000;
const mostInWave = 2_000;

/**
 * The one way of calls to a switch: one turn at a time, and whatever has come meanwhile goes together in the next. A thousand calls
 * at once so are one look, a few requests and another look.
 */
export class Lane {
  readonly #ground: Ground;
  readonly #clock: DeviceClock;
  readonly #busy: BusyMeter;
  #waiting: Pending[] = [];
  #readers: Caller<SwitchState>[] = [];
  #running = false;
  #turn: readonly (Caller<void> | Caller<SwitchState>)[] = [];
  #cut = new AbortController();
  #closed = false;

  constructor(ground: Ground, clock: DeviceClock) {
    this.#ground = ground;
    this.#clock = clock;
    this.#busy = new BusyMeter(clock);
  }

  get busy(): number {
    return this.#busy.share;
  }

  /** Of one more request of the present turn: aborts when the last of those that wait for the turn leaves meanwhile. */
  cut(): AbortSignal {
    if (this.#cut.signal.aborted && !this.#closed) this.#cut = new AbortController();
    return this.#cut.signal;
  }

  /** Resolves when it is so on the switch; rejects with what is known when it is not. */
  wish(wish: Wish, signal: AbortSignal): Promise<void> {
    if (this.#waiting.length >= mostWaiting)
      return Promise.reject(
        new DriverError("RESOURCE_EXHAUSTED", `${mostWaiting} calls wait for this switch already`, { retryable: true }),
      );
    const caller = this.#caller<void>(signal);
    if (!caller.settled) this.#waiting.push({ wish, caller });
    return this.#start(caller);
  }

  /** The switch as it is, read no earlier than this was called. */
  read(signal: AbortSignal): Promise<SwitchState> {
    const caller = this.#caller<SwitchState>(signal);
    if (!caller.settled) this.#readers.push(caller);
    return this.#start(caller);
  }

  /** Whoever waits is told so; what is on its way to the switch is not waited for. */
  close(): void {
    this.#closed = true;
    const closed = new DriverError("UNAVAILABLE", "the driver was closed");
    for (const caller of [...this.#turn, ...this.#readers, ...this.#waiting.map((one) => one.caller)])
      caller.reject(closed);
    this.#waiting = [];
    this.#readers = [];
    this.#cut.abort(closed);
  }

  #caller<Answer>(signal: AbortSignal): Caller<Answer> {
    const caller = new Caller<Answer>(signal, this.#clock, () => this.#left());
    if (this.#closed) caller.reject(new DriverError("UNAVAILABLE", "the driver was closed"));
    return caller;
  }

  #left(): void {
    this.#waiting = this.#waiting.filter(({ caller }) => !caller.settled);
    this.#readers = this.#readers.filter((caller) => !caller.settled);
    if (this.#turn.length > 0 && this.#turn.every((caller) => caller.settled || caller.leaving))
      this.#cut.abort(new Error("nobody waits for it any more"));
  }

  #start<Answer>(caller: Caller<Answer>): Promise<Answer> {
    if (!this.#running && !caller.settled) {
      this.#running = true;
      void this.#run();
    }
    return caller.promise;
  }

  async #run(): Promise<void> {
    this.#busy.set(true);
    // Calls that are made in one go are one wave.
    await setImmediate();
    while (this.#waiting.length > 0 || this.#readers.length > 0) await this.#takeTurn();
    this.#busy.set(false);
    this.#running = false;
  }

  async #takeTurn(): Promise<void> {
    const { taken, left } = chooseWave(this.#waiting, mostInWave);
    const readers = this.#readers;
    this.#waiting = left;
    this.#readers = [];
    this.#turn = [...readers, ...taken.map(({ caller }) => caller)];
    try {
      const state = await this.#ground.read();
      for (const reader of readers) reader.resolve(state);
      await runWave(this.#ground, state, taken);
    } catch (error) {
      for (const caller of this.#turn) caller.reject(error);
    }
    this.#turn = [];
  }
}
