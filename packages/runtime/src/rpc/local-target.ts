import type { Contract } from "@reeve/contract";
import type { Call } from "./call.ts";

/** A manager of this process, as callers see it. */
export interface LocalTarget {
  readonly contract: Contract;
  readonly address: string;
  readonly cluster: string | undefined;
  /** `manager/address`. */
  readonly key: string;
  /** Serving, or degraded in a way that leaves it useful. */
  readonly canServe: boolean;
  /** Takes the call over: from here it is settled by the callee, its deadline or its caller. */
  deliver(call: Call): void;
}

/** Who can be called in this process. */
export interface LocalTargets {
  /** Every live manager of a name and major version, in order of spawning. */
  of(manager: string, major: number): readonly LocalTarget[];
}
