import type { Job, RecoveryContext, Transaction, WorkContext } from "@reeve/runtime";
import { changeIf, recoverCreation } from "../resource/index.ts";
import type { VolumeHandles, VolumeRunner } from "./handles.ts";
import { homeOf } from "./home.ts";
import type { CreationKind, VolumeRecoverers } from "./jobs.ts";
import { type QuotaRefusal, requireGiB } from "./quota.ts";
import type { VolumeRow, VolumeStore } from "./store.ts";

export interface NewVolume {
  readonly id: string;
  readonly name: string;
  readonly tenant: string;
  readonly sizeGiB: number;
  /** The volume that it is made from, where it is. */
  readonly sourceId?: string;
}

/** How a volume comes to be on this backend, whatever its content is made from. */
export class VolumeCreation {
  readonly #handles: VolumeHandles;
  readonly #runner: VolumeRunner;
  /** The driver makes their images right now. */
  readonly #making = new Set<string>();

  constructor(handles: VolumeHandles, runner: VolumeRunner) {
    this.#handles = handles;
    this.#runner = runner;
  }

  /** Inserts a volume that is held here, within its tenant's quota. Its work begins in the same transaction. */
  async insert(tx: Transaction<VolumeStore>, ctx: QuotaRefusal, volume: NewVolume): Promise<void> {
    const { config } = this.#handles;
    const { tenant, sizeGiB } = volume;
    await requireGiB(tx, ctx, config.current, tenant, sizeGiB);
    await tx.insert("volumes", { ...volume, reservedGiB: sizeGiB, status: "creating", host: homeOf(this.#handles) });
  }

  /** Makes its image, and then makes it available. */
  run(job: Job, make: (context: WorkContext) => Promise<void>): Promise<VolumeRow> {
    const id = job.resource;
    return this.#runner.run(job, async (context) => {
      this.#making.add(id);
      try {
        await make(context);
      } finally {
        this.#making.delete(id);
      }
      return (tx) => changeIf(tx, "volumes", id, "creating", { status: "available", placer: null });
    });
  }

  isMaking(id: string): boolean {
    return this.#making.has(id);
  }

  /** Whether the backend has its image. */
  async exists(id: string, signal: AbortSignal): Promise<boolean> {
    return (await this.#handles.driver.list({ signal })).volumes.some((one) => one.id === id);
  }

  /** Settles what a crash or a failure left: available if its image is there. */
  readonly recover = (job: Job<unknown>, context: RecoveryContext): ReturnType<VolumeRecoverers[CreationKind]> => {
    const { store, driver } = this.#handles;
    const id = job.resource;
    const image = {
      exists: (signal: AbortSignal) => this.exists(id, signal),
      remove: (signal: AbortSignal) => driver.delete({ id }, { signal }),
    };
    // One that was placed goes back to whoever placed it.
    return recoverCreation(store, "volumes", job, context, image, {
      keepRow: job.kind === "volume.creating",
      home: homeOf(this.#handles),
    });
  };
}
