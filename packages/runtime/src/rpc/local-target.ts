import type { Contract } from "@reeve/contract";
import type { Call } from "./call.ts";

/** A manager as callers see it: of this process, unless it says that it is of another. */
export interface LocalTarget {
  readonly contract: Contract;
  readonly address: string;
  readonly cluster: string | undefined;
  /** `manager/address`. */
  readonly key: string;
  /** Serving, or degraded in a way that leaves it useful. */
  readonly canServe: boolean;
  /** Of another process. */
  readonly remote?: true;
  /** Takes the call over: from here it is settled by the callee, its deadline or its caller. */
  deliver(call: Call): void;
}

/** Who can be called. */
export interface LocalTargets {
  /** Every live manager of a name and major version, those of this process first, in order of spawning. The array is always the same one, and changes as they come and go. */
  of(manager: string, major: number): readonly LocalTarget[];
}
