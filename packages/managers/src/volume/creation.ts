import type { Finish, Job, Transaction, WorkContext } from "@reeve/runtime";
import type { Attempts } from "./attempts.ts";
import type { VolumeHandles } from "./handles.ts";
import type { MakingKind, VolumeRecoverers } from "./jobs.ts";
import { type QuotaRefusal, requireQuota } from "./quota.ts";
import { changeVolume } from "./status.ts";
import type { VolumeRow, VolumeStore } from "./store.ts";
import { isWithdrawn } from "./withdrawn.ts";

export interface NewVolume {
  readonly id: string;
  readonly name: string;
  readonly tenant: string;
  readonly sizeGiB: number;
}

/** How a volume comes to be on this backend, whatever its content is made from. */
export class Making {
  readonly #handles: VolumeHandles;
  readonly #attempts: Attempts;

  constructor(handles: VolumeHandles, attempts: Attempts) {
    this.#handles = handles;
    this.#attempts = attempts;
  }

  /** Inserts a volume that is held here, within its tenant's quota, with the intent to make it. */
  async begin(tx: Transaction<VolumeStore>, ctx: QuotaRefusal, kind: MakingKind, volume: NewVolume): Promise<Job> {
    const { address, config, work } = this.#handles;
    const { id, tenant, sizeGiB } = volume;
    await requireQuota(tx, ctx, config.current, tenant, sizeGiB);
    await tx.insert("volumes", { ...volume, promisedGiB: sizeGiB, status: "creating", host: address });
    return work.begin(tx, kind, id);
  }

  /** Makes its image, and then makes it available. */
  run(job: Job, make: (context: WorkContext) => Promise<void>): Promise<VolumeRow> {
    return this.#attempts.run(job, async (context) => {
      await make(context);
      return available(job.resource);
    });
  }

  /** An image is there whole or not at all: finishes when it is, else removes what is left of it and marks the volume. */
  readonly recover: VolumeRecoverers[MakingKind] = async (job, context) => {
    const { store, driver } = this.#handles;
    const id = job.resource;
    const volume = await store.find("volumes", id);
    if (volume?.status !== "creating" || volume.host !== job.address) return;
    const { signal } = context;
    const images = await driver.list({ signal });
    if (images.volumes.some((image) => image.id === id)) return available(id);
    await driver.delete({ id }, { signal });
    // One that was placed goes back to whoever placed it.
    if (job.kind !== "volume.creating" && isWithdrawn(context))
      return (tx) => tx.deleteFrom("volumes").where("id", "=", id).where("status", "=", "creating").execute();
    const fault = this.#attempts.faultOf(job, context);
    return (tx) => changeVolume(tx, id, "creating", { status: "error", host: null, fault });
  };
}

function available(id: string): Finish<VolumeStore, VolumeRow> {
  return (tx) => changeVolume(tx, id, "creating", { status: "available" });
}
