import type { Clock } from "../../base/clock.ts";
import type { DeadlineWheel, WheelEntry } from "../../base/deadline-wheel.ts";
import type { RunningCall } from "./running-call.ts";

/** An operation that ignores its signal, past twice its deadline. */
export interface HungOperation {
  readonly operation: string;
  readonly lane: string | undefined;
  readonly requestId: string;
  /** When its time began to run; ISO 8601. */
  readonly since: string;
}

export interface HungPort {
  readonly clock: Clock;
  readonly wheel: DeadlineWheel;
  /** An operation outlived twice its deadline; named again when another is the one that hangs longest. */
  onHung(hung: HungOperation, call: RunningCall): void;
  /** No operation hangs any more. */
  onUnhung(): void;
}

/** Watches handlers that go on after their call was given up, and tells of those that reach twice their deadline. */
export class HungWatch {
  readonly #port: HungPort;
  readonly #watched = new Map<RunningCall, Watch>();
  readonly #hung = new Set<RunningCall>();

  constructor(port: HungPort) {
    this.#port = port;
  }

  /** The call was given up, but its handler still runs. */
  watch(call: RunningCall): void {
    const watch = new Watch(call.work?.hungAt ?? call.deadlineAt + call.timeoutMs, () => {
      this.#hung.add(call);
      if (this.#hung.size === 1) this.#tell(call);
    });
    this.#watched.set(call, watch);
    this.#port.wheel.add(watch);
  }

  /** The handler has ended. */
  left(call: RunningCall): void {
    const watch = this.#watched.get(call);
    if (!watch) return;
    this.#watched.delete(call);
    this.#port.wheel.remove(watch);
    const [longest] = this.#hung;
    if (!this.#hung.delete(call)) return;
    const [next] = this.#hung;
    if (!next) this.#port.onUnhung();
    else if (longest === call) this.#tell(next);
  }

  #tell(call: RunningCall): void {
    const { clock } = this.#port;
    const ranMs = clock.now() - (call.deadlineAt - call.timeoutMs);
    const since = new Date(clock.wallNow() - ranMs).toISOString();
    const { operation, lane, requestId } = call;
    this.#port.onHung({ operation: operation.name, lane, requestId, since }, call);
  }

  close(): void {
    for (const watch of this.#watched.values()) this.#port.wheel.remove(watch);
    this.#watched.clear();
    this.#hung.clear();
  }
}

class Watch implements WheelEntry {
  readonly deadlineAt: number;
  readonly expire: () => void;
  wheelPrevious: WheelEntry | undefined = undefined;
  wheelNext: WheelEntry | undefined = undefined;

  constructor(deadlineAt: number, expire: () => void) {
    this.deadlineAt = deadlineAt;
    this.expire = expire;
  }
}
