export type { NexusActor, NexusAudit, NexusAuditEntry, NexusAuditFilter, NexusCommandKind } from "./audit.ts";
export type { NexusDelays } from "./delays.ts";
export type { NexusPhase } from "./device/device.ts";
export { Refusal as NexusRefusal } from "./device/refusal.ts";
export type {
  NexusFault,
  NexusFaultKind,
  NexusFaultScope,
  NexusFaults,
  NexusHold,
} from "./faults/nexus-faults.ts";
export { type NexusSimulator, nexusSimulator } from "./nexus-simulator.ts";
export type { NexusSimulatorOptions } from "./options.ts";
export {
  type NexusPersonality,
  type NexusPersonalityName,
  type NexusPersonalityOption,
  nexusPersonalities,
} from "./personality.ts";
export { scaledClock } from "./scaled-clock.ts";
