export { fenced, isFencedByPeer } from "./fence.ts";
export type { ClusterRecord, FenceState, Registration, ServiceRecord } from "./registration.ts";
export { Registry } from "./registry.ts";
