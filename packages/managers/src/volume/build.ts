import { acceptPlaced, requireDriver } from "../resource/index.ts";
import type { CapacityReport } from "./capacity-report.ts";
import type { VolumeCreation } from "./creation.ts";
import type { PlacedVolumes, VolumeHandles, VolumeOperations } from "./handles.ts";
import { homeOf } from "./home.ts";

/** Accepts volumes that were placed here, and makes them. */
export function build(
  handles: VolumeHandles,
  creation: VolumeCreation,
  placed: PlacedVolumes,
  report: CapacityReport,
): Pick<VolumeOperations, "build"> {
  const { store, work, driver } = handles;
  return {
    async build({ id }, ctx) {
      // The volume can go elsewhere at once, with nothing to clean up here.
      requireDriver(handles);
      const { volume, job } = await store.transaction(async (tx) => {
        const { row, accepted } = await acceptPlaced(tx, "volumes", id, homeOf(handles), ctx);
        return { volume: row, job: accepted ? await work.begin(tx, "volume.creating", id) : undefined };
      });
      if (!job) return volume;
      placed.accepted(id);
      try {
        const built = await creation.run(job, ({ signal }) => driver.create(volume, { signal }));
        placed.made(ctx, id);
        return built;
      } finally {
        // Measured from here on, so that the first measurement shows what has been confirmed.
        void report.changed();
      }
    },
  };
}
