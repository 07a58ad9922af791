export type { ConformanceCase, SkipContext, Verdict } from "@reeve/driver-sdk/conformance";
export { type TransportConformanceOptions, transportConformance } from "./transport/transport-conformance.ts";
export type { TransportBackend } from "./transport/transport-rig.ts";
