import type { VolumeDriverPort } from "@reeve/driver-sdk/volume";
import type { Handles, OperationHandlers } from "@reeve/runtime";
import type { PlacementConfirmations } from "../resource/index.ts";
import type { VolumeCapabilities } from "./capabilities.ts";
import type { VolumeConfig } from "./config.ts";
import type { Volumes } from "./contract.ts";
import type { VolumeJobs, VolumeRecoverers } from "./jobs.ts";
import type { VolumeStore } from "./store.ts";

/** What the volume manager's parts are made with. */
export type VolumeHandles = Handles<
  VolumeDriverPort,
  VolumeStore,
  typeof VolumeCapabilities,
  typeof VolumeConfig,
  VolumeJobs
>;

/** Runs journalled work, and tells the schedulers when what is stored here may have changed by it. */
export type VolumeRunner = Pick<VolumeHandles["work"], "run">;

/** The placements of volumes that are here. */
export type PlacedVolumes = PlacementConfirmations<VolumeStore, "volumes">;

/** Each part provides some of the operations. */
export type VolumeOperations = OperationHandlers<Volumes>;

/** Some of the operations, and how the work they begin is recovered. */
export interface Part<Operation extends keyof VolumeOperations, Kind extends keyof VolumeRecoverers> {
  readonly operations: Pick<VolumeOperations, Operation>;
  readonly recover: Pick<VolumeRecoverers, Kind>;
}
