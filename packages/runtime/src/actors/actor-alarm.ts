import type { Clock, Timer } from "../base/clock.ts";
import type { Database } from "../store/index.ts";
import type { Logger } from "../telemetry/index.ts";

interface ActorAlarmOptions {
  readonly database: Pick<Database, "now">;
  readonly clock: Clock;
  readonly log: Logger;
  /** When the earliest after that time is due; undefined where none is. */
  earliest(after: number): Promise<number | undefined>;
  /** Heeds what is due by then. Resolves with whether more may be due. */
  fire(now: number): Promise<boolean>;
}

/** The database's clock may be set: it is looked at so often at least. */
const longestMs = 10_000;
const afterFailureMs = 1_000;

/** Fires when the earliest timer of a holder's actors is due, by the database's clock. One timer, however many actors wait. */
export class ActorAlarm {
  readonly #options: ActorAlarmOptions;
  #timer: Timer | undefined;
  /** What the database's clock is ahead of the process's. */
  #aheadMs = 0;
  #firesAt = Number.POSITIVE_INFINITY;
  /** The earliest that it was told of since it began to look. */
  #told = Number.POSITIVE_INFINITY;
  #state: "stopped" | "waiting" | "looking" | "looking again" = "stopped";

  constructor(options: ActorAlarmOptions) {
    this.#options = options;
  }

  start(): void {
    if (this.#state !== "stopped") return;
    this.#state = "waiting";
    this.wake();
  }

  stop(): void {
    this.#state = "stopped";
    this.#options.clock.clearTimeout(this.#timer);
  }

  /** Something is due at that time. */
  by(dueAt: number): void {
    // What is told while it looks may not be seen by that look, and asks for none of its own.
    if (this.#state === "waiting" && dueAt < this.#firesAt) this.#set(dueAt);
    else this.#told = Math.min(this.#told, dueAt);
  }

  /** Something may be due. */
  wake(): void {
    if (this.#state === "looking") this.#state = "looking again";
    if (this.#state === "waiting") void this.#look();
  }

  #set(dueAt: number): void {
    const { clock } = this.#options;
    const waitMs = Math.min(longestMs, Math.max(0, dueAt - this.#aheadMs - clock.now()));
    clock.clearTimeout(this.#timer);
    this.#firesAt = dueAt;
    this.#timer = clock.setTimeout(() => this.wake(), waitMs);
  }

  async #look(): Promise<void> {
    const { clock, database, log, earliest, fire } = this.#options;
    clock.clearTimeout(this.#timer);
    this.#state = "looking";
    this.#told = Number.POSITIVE_INFINITY;
    let next: number | undefined;
    try {
      const now = await database.now();
      this.#aheadMs = now - clock.now();
      if (await fire(now)) this.#again();
      next = await earliest(now);
    } catch (error) {
      log.warn({ err: error }, "timers of kept actors could not be looked at; trying again");
      next = clock.now() + this.#aheadMs + afterFailureMs;
    }
    if (this.#is("stopped")) return;
    const again = this.#is("looking again");
    this.#state = "waiting";
    if (again) return void this.#look();
    this.#set(Math.min(next ?? Number.POSITIVE_INFINITY, this.#told));
  }

  #again(): void {
    if (this.#state === "looking") this.#state = "looking again";
  }

  #is(state: "stopped" | "looking again"): boolean {
    return this.#state === state;
  }
}
