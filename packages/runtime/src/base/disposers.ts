import type { Clock, Timer } from "./clock.ts";

/** Where a cleanup that failed is told. */
interface DisposersLog {
  warn(fields: object, message: string): void;
}

interface Disposer {
  readonly name: string;
  readonly run: () => Promise<unknown> | unknown;
}

/** What has to be undone, in reverse order of doing. One that throws or hangs does not keep the rest from running. */
export class Disposers {
  readonly #log: DisposersLog;
  readonly #clock: Clock;
  readonly #disposers: Disposer[] = [];
  #eachMs = Number.POSITIVE_INFINITY;
  #begun = false;
  #running: Promise<void> | undefined;
  /** Counts anew how long the present one may take. */
  #shorten = () => {};

  constructor(log: DisposersLog, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  /** One that is added after the cleanup has begun runs with it, or at once when that is over. */
  add(name: string, run: Disposer["run"]): void {
    this.#disposers.push({ name, run });
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
      this.#shorten();
    }
    if (!this.#running && this.#disposers.length > 0) this.#running = this.#all();
    return this.#running ?? Promise.resolve();
  }

  async #all(): Promise<void> {
    for (let disposer = this.#disposers.pop(); disposer; disposer = this.#disposers.pop()) {
      const { name, run } = disposer;
      if (await this.#inTime(this.#one(name, run))) continue;
      this.#log.warn({ cleanup: name, eachMs: this.#eachMs }, "cleanup timed out and was abandoned");
    }
    this.#running = undefined;
  }

  async #one(name: string, run: Disposer["run"]): Promise<void> {
    try {
      await run();
    } catch (error) {
      this.#log.warn({ cleanup: name, err: error }, "cleanup failed");
    }
  }

  /** As `withTimeout`, but the time may be shortened meanwhile, and what needs no time is not abandoned for want of it. */
  #inTime(ended: Promise<void>): Promise<boolean> {
    const startedAt = this.#clock.now();
    return new Promise((resolve) => {
      let timer: Timer;
      const settle = (inTime: boolean) => {
        this.#clock.clearTimeout(timer);
        this.#shorten = () => {};
        resolve(inTime);
      };
      this.#shorten = () => {
        this.#clock.clearTimeout(timer);
        const leftMs = startedAt + this.#eachMs - this.#clock.now();
        if (leftMs <= 0) setImmediate(() => settle(false));
        else timer = this.#clock.setTimeout(() => settle(false), leftMs);
      };
      this.#shorten();
      void ended.then(() => settle(true));
    });
  }
}
