import type { Clock, Timer } from "../../base/clock.ts";
import type { LogLevel } from "../../telemetry/index.ts";
import type { LogLevelInfo } from "./schemas.ts";

/** What the level is set on: what `createLogging` made. */
export interface Levelled {
  level: LogLevel;
}

interface Reversion {
  readonly level: LogLevel;
  readonly at: number;
  readonly timer: Timer;
}

/** The log level of a host, and what it goes back to, and when. The last one who sets it wins. */
export class HostLogLevel {
  readonly #clock: Clock;
  readonly #logging: Levelled | undefined;
  #reversion: Reversion | undefined;

  /** @param logging undefined where the host was given a logger of its own */
  constructor(clock: Clock, logging: Levelled | undefined) {
    this.#clock = clock;
    this.#logging = logging;
  }

  get settable(): boolean {
    return this.#logging !== undefined;
  }

  get info(): LogLevelInfo {
    const reversion = this.#reversion;
    return {
      level: this.#logging?.level ?? null,
      revertsTo: reversion?.level ?? null,
      revertsInMs: reversion ? Math.max(0, Math.round(reversion.at - this.#clock.now())) : null,
    };
  }

  /** @param forMs after which it is again what it was before anybody set it for a time; undefined for good */
  set(level: LogLevel, forMs: number | undefined): void {
    const logging = this.#logging!;
    const before = this.#reversion?.level ?? logging.level;
    this.#forget();
    logging.level = level;
    if (forMs === undefined) return;
    const timer = this.#clock.setTimeout(() => {
      this.#reversion = undefined;
      logging.level = before;
    }, forMs);
    this.#reversion = { level: before, at: this.#clock.now() + forMs, timer };
  }

  /** Goes back at once where it would go back later. */
  close(): void {
    const reversion = this.#reversion;
    this.#forget();
    if (reversion) this.#logging!.level = reversion.level;
  }

  #forget(): void {
    if (this.#reversion) this.#clock.clearTimeout(this.#reversion.timer);
    this.#reversion = undefined;
  }
}
