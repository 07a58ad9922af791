import type { Clock } from "../base/clock.ts";
import type { InspectionBus } from "../inspection/index.ts";
import type { Call } from "../rpc/call.ts";

const framesPerSecond = 200;

/** Shows calls to whoever watches, at most so many a second; each frame says how many calls it stands for. */
export class CallsTap {
  readonly #bus: InspectionBus;
  readonly #clock: Clock;
  #second = 0;
  #shown = 0;
  #skipped = 0;

  constructor(bus: InspectionBus, clock: Clock) {
    this.#bus = bus;
    this.#clock = clock;
  }

  /** @param redact hides what the operation's schema marks as secret */
  saw(call: Call, targetId: string, sourceId: string | undefined, redact: (value: unknown) => unknown): void {
    const second = Math.floor(this.#clock.now() / 1_000);
    if (second !== this.#second) {
      this.#second = second;
      this.#shown = 0;
    }
    if (this.#shown >= framesPerSecond) {
      this.#skipped++;
      return;
    }
    this.#shown++;
    const count = this.#skipped + 1;
    this.#skipped = 0;
    this.#bus.emit({
      type: "event",
      id: targetId,
      sourceId,
      event: {
        type: "call",
        operation: call.operation.name,
        requestId: call.requestId,
        payload: redact(call.input),
        count,
      },
      at: this.#clock.wallNow(),
    });
  }
}
