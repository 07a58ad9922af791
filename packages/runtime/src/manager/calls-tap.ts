import type { Clock } from "../base/clock.ts";
import type { EventFrame, InspectionBus, ReplyFrame } from "../inspection/index.ts";
import type { Principal } from "../rpc/principal.ts";

const framesPerSecond = 200;

/** Once a second's frames are used up, the clock is read for one call in so many. */
const callsPerLook = 64;

/** What is shown of a call. */
interface ShownCall {
  readonly operation: { readonly name: string };
  readonly requestId: string;
  readonly caller: string;
  readonly principal: Principal;
}

/** Of an error's message, as it is shown. */
const longestMessage = 500;

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
  show(call: ShownCall, targetId: string, sourceId: string | undefined, payload: unknown): EventFrame {
    const count = Math.max(1, this.#skipped);
    this.#left--;
    this.#skipped = 0;
    const { operation, requestId, caller, principal } = call;
    const { user, tenant } = principal;
    const frame: EventFrame = {
      type: "event",
      id: targetId,
      sourceId,
      event: { type: "call", operation: operation.name, requestId, payload, count },
      maker: { caller, user, ...(tenant !== undefined && { tenant }) },
      at: this.#clock.wallNow(),
    };
    this.#bus.emit(frame);
    return frame;
  }

  /** Shows how a call ended that was shown. */
  showEnd(reply: Omit<ReplyFrame, "type" | "at">): void {
    const { end } = reply;
    const shown = typeof end === "string" ? end : { ...end, message: end.message.slice(0, longestMessage) };
    this.#bus.emit({ ...reply, type: "reply", end: shown, at: this.#clock.wallNow() });
  }
}
