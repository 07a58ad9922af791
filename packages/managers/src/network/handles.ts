import type { Schema } from "@reeve/contract";
import type { NetworkDriverPort } from "@reeve/driver-sdk/network";
import type { Handles, OperationHandlers } from "@reeve/runtime";
import type { NetworkConfig } from "./config.ts";
import type { Networks } from "./contract.ts";
import type { NetworkJobs, NetworkRecoverers } from "./jobs.ts";
import type { NetworkStore } from "./store.ts";

/** What the network managers' parts are made with. */
export type NetworkHandles = Handles<NetworkDriverPort, NetworkStore, Schema, typeof NetworkConfig, NetworkJobs>;

/** Each part provides some of the operations. */
export type NetworkOperations = OperationHandlers<Networks>;

/** Some of the operations, and how the work they begin is recovered. */
export interface Part<Operation extends keyof NetworkOperations, Kind extends keyof NetworkRecoverers> {
  readonly operations: Pick<NetworkOperations, Operation>;
  readonly recover: Pick<NetworkRecoverers, Kind>;
}
