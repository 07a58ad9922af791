import type { DeviceClock } from "../clock.ts";

/** How far back it looks, roughly. */
const memoryMs = 30_000;

/** How much of the recent past something was busy: 0 never, 1 always. (A mean that forgets exponentially.) */
export class BusyMeter {
  readonly #clock: DeviceClock;
  #busy = false;
  #share = 0;
  #at: number;

  constructor(clock: DeviceClock) {
    this.#clock = clock;
    this.#at = clock.now();
  }

  get share(): number {
    this.set(this.#busy);
    return this.#share;
  }

  set(busy: boolean): void {
    const now = this.#clock.now();
    const kept = Math.exp(-(now - this.#at) / memoryMs);
    this.#share = this.#share * kept + (this.#busy ? 1 - kept : 0);
    this.#at = now;
    this.#busy = busy;
  }
}
