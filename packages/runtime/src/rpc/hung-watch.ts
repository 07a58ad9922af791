import type { DeadlineWheel, WheelEntry } from "../base/deadline-wheel.ts";
import type { Call } from "./call.ts";

export interface HungPort {
  readonly wheel: DeadlineWheel;
  /** An operation outlived twice its deadline; named again when another is the one that hangs longest. */
  onHung(operation: string): void;
  /** No operation hangs any more. */
  onUnhung(): void;
}

/** Watches handlers that go on after their call was given up, and tells of those that reach twice their deadline. */
export class HungWatch {
  readonly #port: HungPort;
  readonly #watched = new Map<Call, Watch>();
  readonly #hung = new Set<Call>();

  constructor(port: HungPort) {
    this.#port = port;
  }

  /** The call was given up, but its handler still runs. */
  watch(call: Call): void {
    const watch = new Watch(call.work?.hungAt ?? call.deadlineAt + call.timeoutMs, () => {
      this.#hung.add(call);
      if (this.#hung.size === 1) this.#port.onHung(call.operation.name);
    });
    this.#watched.set(call, watch);
    this.#port.wheel.add(watch);
  }

  /** The handler has ended. */
  left(call: Call): void {
    const watch = this.#watched.get(call);
    if (!watch) return;
    this.#watched.delete(call);
    this.#port.wheel.remove(watch);
    const [longest] = this.#hung;
    if (!this.#hung.delete(call)) return;
    const [next] = this.#hung;
    if (!next) this.#port.onUnhung();
    else if (longest === call) this.#port.onHung(next.operation.name);
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
