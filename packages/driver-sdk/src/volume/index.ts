export { requireId } from "../require-id.ts";
export {
  type CloneSpec,
  type ImportSpec,
  type Inventory,
  type Leftover,
  type SnapshotKey,
  type Source,
  type VolumeConnection,
  type VolumeDriverPort,
  type VolumeKey,
  type VolumeSpec,
  volumeDriver,
} from "./volume-driver.ts";
export { sizeBytes, sizeGiB } from "./volume-size.ts";
export { VolumeStats } from "./volume-stats.ts";
