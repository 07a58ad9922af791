export { type ConformanceCase, casesOf, type SkipContext, type Verdict } from "./conformance-case.ts";
export {
  type ArmedFault,
  type CommandFault,
  type Crowd,
  type Listener,
  type MakeNetworkBackend,
  type Meddling,
  type NetworkBackend,
  type NetworkCall,
  type NetworkConformanceOptions,
  type NetworkDevice,
  networkConformance,
  type Speaker,
  type Squatter,
  type Traffic,
} from "./network/index.ts";
export { type VolumeConformanceOptions, volumeConformance } from "./volume-conformance.ts";
export type { MakeBackend, VolumeBackend } from "./volume-rig.ts";
