export { VolumeCapabilities } from "./capabilities.ts";
export { VolumeConfig } from "./config.ts";
export { type Volumes, volumes } from "./contract.ts";
export { volumeManager } from "./manager.ts";
export { type VolumeStore, volumeStore } from "./store.ts";
export { Fault, Snapshot, SnapshotStatus, Volume, VolumeStatus } from "./volume.ts";
