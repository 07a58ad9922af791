import type { Clock, Timer } from "../base/clock.ts";
import type { Logger } from "../telemetry/index.ts";

interface Ending {
  readonly name: string;
  readonly run: () => Promise<unknown> | unknown;
}

/** What has to be undone, in reverse order of doing. One that throws or hangs does not keep the rest from running. */
export class Endings {
  readonly #log: Logger;
  readonly #clock: Clock;
  readonly #endings: Ending[] = [];
  #eachMs = Number.POSITIVE_INFINITY;
  #begun = false;
  #running: Promise<void> | undefined;
  /** Counts anew how long the present one may take. */
  #hurry = () => {};

  constructor(log: Logger, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  /** What is added after the end has begun is undone with it, or at once when that is over. */
  add(name: string, run: Ending["run"]): void {
    this.#endings.push({ name, run });
    if (this.#begun) void this.run(this.#eachMs);
  }

  /**
   * Runs each once, giving each at most `eachMs`; with 0 each is begun and has one turn of the event loop. Later calls join the
   * first, and may leave what still runs less time, never more.
   */
  run(eachMs: number): Promise<void> {
    this.#begun = true;
    if (eachMs < this.#eachMs) {
      this.#eachMs = eachMs;
      this.#hurry();
    }
    if (!this.#running && this.#endings.length > 0) this.#running = this.#all();
    return this.#running ?? Promise.resolve();
  }

  async #all(): Promise<void> {
    for (let ending = this.#endings.pop(); ending; ending = this.#endings.pop()) {
      const { name, run } = ending;
      if (await this.#inTime(this.#one(name, run))) continue;
      this.#log.warn({ ending: name, eachMs: this.#eachMs }, "an ending took too long and was left behind");
    }
    this.#running = undefined;
  }

  async #one(name: string, run: Ending["run"]): Promise<void> {
    try {
      await run();
    } catch (error) {
      this.#log.warn({ ending: name, err: error }, "an ending failed");
    }
  }

  #inTime(ended: Promise<void>): Promise<boolean> {
    const startedAt = this.#clock.now();
    return new Promise((resolve) => {
      let timer: Timer;
      const settle = (inTime: boolean) => {
        this.#clock.clearTimeout(timer);
        this.#hurry = () => {};
        resolve(inTime);
      };
      this.#hurry = () => {
        this.#clock.clearTimeout(timer);
        const leftMs = startedAt + this.#eachMs - this.#clock.now();
        // What takes no time is not left behind for want of it.
        if (leftMs <= 0) setImmediate(() => settle(false));
        else timer = this.#clock.setTimeout(() => settle(false), leftMs);
      };
      this.#hurry();
      void ended.then(() => settle(true));
    });
  }
}
