import type { Source } from "@reeve/driver-sdk/volume";
import { job, type Recoverers } from "@reeve/runtime";
import type { BeforeDeletion, Placing } from "../resource/index.ts";
import type { PartialFile } from "./exchange-file.ts";
import type { VolumeStore } from "./store.ts";

/** What a volume is made from. Absent in what an earlier version has begun. */
export interface Cloning {
  readonly from: Source;
}

/** What an extension is to come to. */
interface Extending {
  readonly sizeGiB: number;
}

/** What is needed to carry a deletion through. */
export interface Deleting extends BeforeDeletion<VolumeStore, "volumes"> {
  /** Whether a host held it: else no backend knows it. */
  readonly held: boolean;
}

/** Which volume a snapshot is of. */
interface OfVolume {
  readonly volumeId: string;
}

/** What is needed to carry a deletion through. */
export interface DeletingSnapshot extends OfVolume, BeforeDeletion<VolumeStore, "snapshots"> {}

/** The kinds of work that the volume manager journals, and what each remembers. */
export const volumeJobs = {
  "volume.placing": job<Placing>(),
  "volume.creating": job(),
  "volume.cloning": job<Cloning | undefined>(),
  "volume.copying": job<Cloning | undefined>(),
  "volume.importing": job(),
  "volume.exporting": job<PartialFile>(),
  "volume.extending": job<Extending>(),
  "volume.deleting": job<Deleting>(),
  "snapshot.creating": job<OfVolume>(),
  "snapshot.deleting": job<DeletingSnapshot>(),
};

export type VolumeJobs = typeof volumeJobs;

/** How each kind of work is recovered. */
export type VolumeRecoverers = Recoverers<VolumeStore, VolumeJobs>;

/** Work that makes a volume here, whatever its content is made from. */
export type CreationKind = "volume.creating" | "volume.cloning" | "volume.copying" | "volume.importing";
