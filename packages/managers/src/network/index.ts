export { NetworkConfig } from "./config.ts";
export { type Networks, networks } from "./contract.ts";
export { flatNetworkManager } from "./flat/manager.ts";
export { Network, type Point, Port, Subnet, type Wire } from "./network.ts";
export { type NetworkStore, networkStore } from "./store.ts";
export { vlanNetworkManager } from "./vlan/manager.ts";
