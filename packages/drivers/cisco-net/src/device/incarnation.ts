import { DriverError } from "@reeve/driver-sdk";
import type { DeviceClock } from "../clock.ts";
import { readUptime } from "../reading/uptime.ts";

/** Clocks of switch and host drift, and an answer takes its time. No switch starts twice within this. */
const toleranceSeconds = 60;

/**
 * Which life of the switch this is: the minute in which it started, by the host's clock and the switch's uptime.
 *
 * Within a session a restart is told by an uptime that is shorter than it has to be, by a clock that nobody sets, and the name
 * stays as it was until then. Between sessions it may come out as the neighbouring minute: then everything is asked for once more,
 * which changes nothing.
 */
export class Incarnation {
  readonly #clock: DeviceClock;
  readonly #readySeconds: number;
  #name: string | undefined;
  /** When it started, in seconds of the monotonic clock. */
  #startedAt = 0;

  /** @param readyMs how long after its start a switch is not believed */
  constructor(clock: DeviceClock, readyMs: number) {
    this.#clock = clock;
    this.#readySeconds = readyMs / 1_000;
  }

  /** @throws TypeError before the first reading */
  get name(): string {
    if (this.#name === undefined) throw new TypeError("the switch has not been read yet");
    return this.#name;
  }

  /** The same as `observe`, from the answer to `show version`. */
  observeVersion(body: unknown): boolean {
    return this.observe(readUptime(body));
  }

  /**
   * Takes note of how long the switch has been up.
   *
   * @returns whether it has restarted since the last time
   * @throws DriverError `UNAVAILABLE` while it is starting: parts of its configuration may be missing, and be loaded later
   */
  observe(uptimeSeconds: number): boolean {
    const startedAt = this.#clock.now() / 1_000 - uptimeSeconds;
    const restarted = this.#name !== undefined && startedAt - this.#startedAt > toleranceSeconds;
    if (uptimeSeconds < this.#readySeconds)
      throw new DriverError(
        "UNAVAILABLE",
        `the switch started ${uptimeSeconds} s ago; it is used from ${this.#readySeconds} s on`,
      );
    if (this.#name === undefined || restarted) {
      const minute = Math.round((this.#clock.wallNow() / 1_000 - uptimeSeconds) / toleranceSeconds) * toleranceSeconds;
      this.#name = new Date(minute * 1_000).toISOString();
      this.#startedAt = startedAt;
    }
    return restarted;
  }
}
