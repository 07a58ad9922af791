import { IdTable } from "../../../base/id-table.ts";
import { frameKind } from "../../wire/frame.ts";
import type { FrameLane, PendingCall } from "./pending-call.ts";

/** More than callees tell of at once. */
const mostCalls = 4_096;

/** The last calls that were given up here. Word of it may be lost with the link: a callee that still runs one is told once more. */
export class GivenUpCalls {
  readonly #lanes = new IdTable<FrameLane>();
  /** The ids in the order in which they were given up, round and round. */
  readonly #ids = new Int32Array(mostCalls);
  #at = 0;

  add({ id, call, target }: PendingCall): void {
    const oldest = this.#ids[this.#at]!;
    if (oldest !== 0) this.#lanes.delete(oldest);
    this.#lanes.set(id, target.lane(call.operation.name));
    this.#ids[this.#at] = id;
    this.#at = (this.#at + 1) % mostCalls;
  }

  tellAgain(id: number): void {
    this.#lanes.get(id)?.add([frameKind.cancel, id], undefined);
  }
}
