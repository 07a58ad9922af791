export type { ConformanceCase, SkipContext, Verdict } from "@reeve/driver-sdk/conformance";
export { type StoreConformanceOptions, storeConformance } from "./store/store-conformance.ts";
export type { StoreCandidate } from "./store/store-rig.ts";
export { type TransportConformanceOptions, transportConformance } from "./transport/transport-conformance.ts";
export type { TransportBackend } from "./transport/transport-rig.ts";
