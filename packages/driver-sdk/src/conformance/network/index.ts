export { type NetworkConformanceOptions, networkConformance } from "./network-conformance.ts";
export type {
  ArmedFault,
  CommandFault,
  Crowd,
  MakeNetworkBackend,
  Meddling,
  NetworkBackend,
  NetworkCall,
  NetworkDevice,
  Squatter,
} from "./network-device.ts";
export type { Listener, Speaker, Traffic } from "./traffic.ts";
