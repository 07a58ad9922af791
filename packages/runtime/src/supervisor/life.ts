import type { ReeveError } from "@reeve/contract";
import type { InspectionPanel } from "../inspection/index.ts";
import type { LifecycleEvent } from "../lifecycle/lifecycle-machine.ts";
import type { LifecycleStatus } from "../lifecycle/status.ts";
import type { AbandonReport, CompiledAbandonment } from "../manager/abandonment.ts";
import type { CleanupRefusal, CleanupReport } from "../manager/cleanup.ts";
import type { KeptView } from "../manager/kept-view.ts";
import type { DriverView, LifeDetails } from "../manager/life-details.ts";
import type { ManagerSpec } from "../manager/spawn-options.ts";
import type { FailedWork, HeldWork } from "../recovery/index.ts";
import type { ReceivedCall } from "../rpc/callee/received-call.ts";

/** What a supervisor tells a life. */
export type LifeCommand = Extract<LifecycleEvent, { readonly type: "reset" | "drain" | "kill" }>;

/** One life of a manager, as its supervisor needs it: today in this process. After its end it refuses what it is given. */
export interface Life {
  /** Whether callers of this process find it serving. */
  readonly canServe: boolean;
  /** Why the last reset left the configuration as it was; undefined when it did not. */
  readonly refusedConfig: ReeveError | undefined;
  /** Of its registration; 0 before that. */
  readonly epoch: number;
  /** Calls that run and wait. */
  readonly load: { readonly inFlight: number; readonly queued: number };
  /** Calls taken in and failed since it began. */
  readonly counters: { readonly calls: number; readonly errors: number };
  /** Tables that the manager shows. */
  readonly panels: readonly InspectionPanel[];
  command(command: LifeCommand): void;
  deliver(call: ReceivedCall): void;
  /** Resolves when all that it had opened is closed. Call it after its end. @param eachMs what closing one thing may take; default: as its limits say */
  ended(eachMs?: number): Promise<void>;
  /** Calls that run now. */
  running(): Iterable<ReceivedCall>;
  /** Calls that run or wait. */
  calls(): Iterable<ReceivedCall>;
  /** Work of it that waits for a driver call to come to rest. */
  held(): readonly HeldWork[];
  /** Work of it that has failed and waits, by id. */
  failedWork(): ReadonlyMap<string, FailedWork>;
  /** What the manager shows of itself. */
  inspect(): unknown;
  /** All that is shown of it, for whoever asks once: waits for what the manager answers later, up to 2 s. */
  details(): Promise<LifeDetails>;
  /** Its driver as it is now; undefined where it has none. */
  readonly driver: DriverView | undefined;
  /** Whether anything may be placed on it has changed. */
  heedCordon(): void;
  /** Finishes what can be finished of a dead address of the same manager. */
  cleanUp(address: string): Promise<CleanupReport | CleanupRefusal>;
  /** The kept actors that it holds; undefined where it keeps none. */
  readonly kept: KeptView | undefined;
  /** Frees slot and lane of operations that do not return. */
  abandon(wanted: CompiledAbandonment): AbandonReport;
}

/** Told how a life goes along, perhaps before `begin` has returned. Must not throw. */
export interface LifeObserver {
  /** Before anything else. */
  begun(life: Life): void;
  changed(life: Life, status: LifecycleStatus): void;
}

/** Where lives come from. */
export interface Lives {
  /** @param after registers only where no life has registered since that epoch, and ends with `FENCED` otherwise */
  begin(spec: ManagerSpec, observer: LifeObserver, after: number | undefined): void;
}
