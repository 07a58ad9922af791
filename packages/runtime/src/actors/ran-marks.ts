import { withTimeout } from "../base/bounded-wait.ts";
import type { Clock } from "../base/clock.ts";
import type { Logger } from "../telemetry/index.ts";

/** That the actions of an actor's turn have run, and whether it has something to do all the same. */
export interface RanMark {
  readonly revision: number;
  readonly awake: boolean;
}

interface RanMarksOptions {
  readonly clock: Clock;
  readonly log: Logger;
  /** From then on nothing is written. */
  readonly ending: AbortSignal;
  /** By the keys of actors; outside of any transaction. */
  write(marks: ReadonlyMap<string, RanMark>): Promise<void>;
}

/** Marks of actions that have run are written together, and less often than turns, each of which says so of the one before. */
const markAfterMs = 1_000;

/** Notes that actions have run. Without it they are made again after a crash, and nothing else is amiss. */
export class RanMarks {
  readonly #options: RanMarksOptions;
  readonly #marks = new Map<string, RanMark>();
  #writing: Promise<void> | undefined;

  constructor(options: RanMarksOptions) {
    this.#options = options;
  }

  /** Whether one of an actor is not written yet. */
  has(key: string): boolean {
    return this.#marks.has(key);
  }

  set(key: string, mark: RanMark): void {
    this.#marks.set(key, mark);
    this.#writing ??= this.#writeLater();
  }

  delete(key: string): void {
    this.#marks.delete(key);
  }

  /** Writes what there is. Never rejects. */
  async flush(): Promise<void> {
    const { log, ending, write } = this.#options;
    if (this.#marks.size === 0 || ending.aborted) return;
    const marks = new Map(this.#marks);
    this.#marks.clear();
    try {
      await write(marks);
    } catch (error) {
      log.debug({ err: error }, "it could not be noted that actions have run");
    }
  }

  async #writeLater(): Promise<void> {
    const { clock, ending } = this.#options;
    await withTimeout(clock, markAfterMs, new Promise(() => {}), ending);
    this.#writing = undefined;
    await this.flush();
  }
}
