export type { Point } from "@reeve/driver-sdk/network";
export { NetworkConfig } from "./config.ts";
export { type Networks, networks } from "./contract.ts";
export { flatNetworkManager } from "./flat/manager.ts";
export { Network, Port, Subnet, type Wire } from "./network.ts";
export { type NetworkStore, networkStore } from "./store.ts";
export { vlanNetworkManager } from "./vlan/manager.ts";
