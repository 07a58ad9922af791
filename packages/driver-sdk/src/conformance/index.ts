export type { ConformanceCase, SkipContext, Verdict } from "./conformance-case.ts";
export { type VolumeConformanceOptions, volumeConformance } from "./volume-conformance.ts";
export type { MakeBackend, VolumeBackend } from "./volume-rig.ts";
