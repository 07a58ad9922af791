import { job, type Recoverers } from "@reeve/runtime";
import type { Deleting } from "./delete.ts";
import type { PartialFile } from "./exchange-file.ts";
import type { Extending } from "./extend.ts";
import type { DeletingSnapshot, OfVolume } from "./snapshots.ts";
import type { VolumeStore } from "./store.ts";

/** The kinds of work that the volume manager journals, and what each remembers. */
export const volumeJobs = {
  "volume.placing": job<{ readonly id: string }>(),
  "volume.creating": job(),
  "volume.cloning": job(),
  "volume.copying": job(),
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
export type MakingKind = "volume.creating" | "volume.cloning" | "volume.copying" | "volume.importing";
