import { frameKind } from "../wire/frame.ts";
import type { FrameLane, PendingCall } from "./pending-call.ts";

/** More than callees tell of at once. */
const mostCalls = 4_096;

/** The last calls that were given up here. Word of it may be lost with the link: a callee that still runs one is told once more. */
export class GivenUpCalls {
  readonly #lanes = new Map<number, FrameLane>();

  add({ id, call, target }: PendingCall): void {
    this.#lanes.set(id, target.lane(call.operation.name));
    if (this.#lanes.size > mostCalls) this.#lanes.delete(this.#lanes.keys().next().value!);
  }

  tellAgain(id: number): void {
    this.#lanes.get(id)?.add([frameKind.cancel, id], undefined);
  }
}
