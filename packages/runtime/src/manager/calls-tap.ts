import type { ReeveError } from "@reeve/contract";
import type { Clock } from "../base/clock.ts";
import type { CallEnd, EventFrame, InspectionBus } from "../inspection/index.ts";
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
  readonly settled: boolean;
  onDetach(callback: (error?: ReeveError) => void): void;
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
  show(call: ShownCall, targetId: string, sourceId: string | undefined, payload: unknown): void {
    const count = Math.max(1, this.#skipped);
    this.#left--;
    this.#skipped = 0;
    const { operation, requestId, caller, principal } = call;
    const frame: EventFrame = {
      type: "event",
      id: targetId,
      sourceId,
      event: { type: "call", operation: operation.name, requestId, payload, count },
      at: this.#clock.wallNow(),
    };
    const { user, tenant } = principal;
    this.#bus.emit(frame, { caller, user, ...(tenant !== undefined && { tenant }) });
    this.#showEnd(call, frame, this.#clock.now());
  }

  #showEnd(call: ShownCall, frame: EventFrame, begunAt: number): void {
    call.onDetach((error) => {
      // A cast that was accepted: its caller has gone, and it goes on.
      if (!call.settled) return this.#showEnd(call, frame, begunAt);
      const durationMs = Math.round(this.#clock.now() - begunAt);
      this.#bus.callEnded(frame, error ? { durationMs, error: shownError(error) } : { durationMs });
    });
  }
}

function shownError({ reason, message, outcome }: ReeveError): NonNullable<CallEnd["error"]> {
  return { reason, message: message.slice(0, longestMessage), ...(outcome !== undefined && { outcome }) };
}
