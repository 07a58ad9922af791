import type { Clock } from "../base/clock.ts";
import type { InspectionBus } from "../inspection/index.ts";

const framesPerSecond = 200;

/** Once a second's frames are used up, the clock is read for one call in so many. */
const callsPerLook = 64;

/** What is shown of a call. */
interface ShownCall {
  readonly operation: { readonly name: string };
  readonly requestId: string;
}

/** Shows calls to whoever watches, at most so many a second; each frame says how many calls it stands for. */
export class CallsTap {
  readonly #bus: InspectionBus;
  readonly #clock: Clock;
  #second = 0;
  #left = framesPerSecond;
  #skipped = 0;

  constructor(bus: InspectionBus, clock: Clock) {
    this.#bus = bus;
    this.#clock = clock;
  }

  /** Whether this call is shown. Asked for every call while somebody watches. */
  admits(): boolean {
    if (this.#left === 0) {
      this.#skipped++;
      if (this.#skipped % callsPerLook !== 0) return false;
    }
    const second = Math.floor(this.#clock.now() / 1_000);
    if (second !== this.#second) {
      this.#second = second;
      this.#left = framesPerSecond;
    }
    return this.#left > 0;
  }

  /** @param payload without what the operation's schema marks as secret */
  show(call: ShownCall, targetId: string, sourceId: string | undefined, payload: unknown): void {
    const count = Math.max(1, this.#skipped);
    this.#left--;
    this.#skipped = 0;
    this.#bus.emit({
      type: "event",
      id: targetId,
      sourceId,
      event: { type: "call", operation: call.operation.name, requestId: call.requestId, payload, count },
      at: this.#clock.wallNow(),
    });
  }
}
