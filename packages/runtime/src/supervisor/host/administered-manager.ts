import type { LifecycleStatus } from "../../lifecycle/status.ts";
import type { ManagerSpec } from "../../manager/spawn-options.ts";
import type { ReceivedCall } from "../../rpc/callee/received-call.ts";
import type { ChildState } from "../child-state.ts";
import type { Life } from "../life.ts";

/** A supervised manager, as far as it is looked at. A child of a supervisor is one. */
export interface AdministeredManager {
  readonly spec: ManagerSpec;
  /** `manager/address`. */
  readonly key: string;
  readonly address: string;
  /** Of the present life, or of the last one. */
  readonly status: LifecycleStatus;
  readonly state: ChildState;
  readonly life: Life | undefined;
  /** Calls that wait for its next life. */
  postponed(): readonly ReceivedCall[];
  /** Resolves when it is done. @throws ReeveError with the cause when it failed */
  reset(): Promise<void>;
}

/** Its calls that run or wait. */
export function callsOf(manager: AdministeredManager): Iterable<ReceivedCall> {
  return [...(manager.life?.calls() ?? []), ...manager.postponed()];
}
