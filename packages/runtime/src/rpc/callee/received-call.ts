import type { ReeveError } from "@reeve/contract";
import type { QueuedCall } from "../../mailbox/queued-call.ts";
import type { CallHost } from "../call-host.ts";
import type { Replay } from "./replay.ts";
import type { RunningCall } from "./running-call.ts";
import type { Served } from "./served.ts";

/** A call as the intake of a manager sees it, which checks it and gives it to the mailbox. */
export interface ReceivedCall extends RunningCall, QueuedCall {
  readonly type: "call";
  /** The operation as the caller's contract has it. */
  readonly served: Served;
  offered: Served | undefined;
  parsed: unknown;
  lane: string | undefined;
  replay: Replay | undefined;
  /** A manager of this process has it from here on. @param manager `manager/address` */
  taken(host: CallHost<this>, manager: string): void;
  /** It repeats an earlier call under its key: what it asks for may be done, though it has no turn of its own. */
  join(): void;
  /** Calls back once, when the caller's interest in it ends, with the error that it ends with. */
  onDetach(callback: (error?: ReeveError) => void): void;
  /** This manager will not run it; another may. Returns the error that ended it, or nothing when another has it. */
  refuse(error: ReeveError): ReeveError | undefined;
}
