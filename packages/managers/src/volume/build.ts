import type { CapacityReport } from "./capacity-report.ts";
import type { VolumeHandles, VolumeOperations } from "./handles.ts";
import type { Making } from "./making.ts";
import type { PlacedVolumes } from "./placed.ts";
import { requireDriver } from "./require-driver.ts";
import { volumeOf } from "./tenancy.ts";

/** Takes unplaced volumes on. The commit that names this host also begins the work: from there on this manager answers for the volume. */
export function build(
  handles: VolumeHandles,
  making: Making,
  placed: PlacedVolumes,
  report: CapacityReport,
): Pick<VolumeOperations, "build"> {
  const { store, work, driver, address } = handles;
  return {
    async build({ id }, ctx) {
      // The volume can go elsewhere at once, with nothing to clean up here.
      requireDriver(handles);
      const { volume, job } = await store.transaction(async (tx) => {
        const found = await volumeOf(tx, id, ctx);
        if (found.status === "available" && found.host === address) return { volume: found, job: undefined };
        if (found.status !== "creating" || found.host !== null) ctx.fail("WRONG_STATUS", { status: found.status });
        const taken = await tx.update("volumes", id, { host: address });
        return { volume: taken, job: await work.begin(tx, "volume.creating", id) };
      });
      if (!job) return volume;
      try {
        const built = await making.run(job, ({ signal }) => driver.create(volume, { signal }));
        placed.made(ctx, id);
        return built;
      } finally {
        // Measured from here on, so that the first measurement shows what has been confirmed.
        void report.changed();
      }
    },
  };
}
