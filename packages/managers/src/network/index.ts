export { NetworkConfig } from "./config.ts";
export { type Networks, networks } from "./contract.ts";
export { Network, type Point, Port, Subnet } from "./network.ts";
