import type { Clock } from "../base/clock.ts";
import type { Logger } from "../telemetry/index.ts";
import { withTimeout } from "./with-timeout.ts";

interface Ending {
  readonly name: string;
  readonly run: () => Promise<unknown> | unknown;
}

/** What has to be undone, in reverse order of doing. One that throws or hangs does not keep the rest from running. */
export class Endings {
  readonly #log: Logger;
  readonly #endings: Ending[] = [];
  #running: Promise<void> | undefined;

  constructor(log: Logger) {
    this.#log = log;
  }

  add(name: string, run: Ending["run"]): void {
    this.#endings.push({ name, run });
    // Something was opened while everything else was being closed: close it too.
    if (this.#running) void this.#running.then(() => this.#one(name, run));
  }

  /** Runs each once, giving each at most `eachMs`. Later calls join the first. */
  run(clock: Clock, eachMs: number): Promise<void> {
    this.#running ??= this.#all(clock, eachMs);
    return this.#running;
  }

  async #all(clock: Clock, eachMs: number): Promise<void> {
    for (let ending = this.#endings.pop(); ending; ending = this.#endings.pop()) {
      const { name, run } = ending;
      const inTime = await withTimeout(clock, eachMs, this.#one(name, run));
      if (!inTime) this.#log.warn({ ending: name, eachMs }, "an ending took too long and was left behind");
    }
  }

  async #one(name: string, run: Ending["run"]): Promise<void> {
    try {
      await run();
    } catch (error) {
      this.#log.warn({ ending: name, err: error }, "an ending failed");
    }
  }
}
