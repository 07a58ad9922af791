import { placeAndBuild, placing, recoverPlacing, tenantOf } from "../resource/index.ts";
import { volumes } from "./contract.ts";
import type { Part, VolumeHandles, VolumeOperations } from "./handles.ts";
import type { VolumesOfLostHosts } from "./lost-hosts.ts";
import { requireGiB } from "./quota.ts";

type Create = VolumeOperations["create"];
type Input = Parameters<Create>[0];
type Context = Parameters<Create>[1];

/** Places volumes and has them built where they were placed. */
export function createVolumes(handles: VolumeHandles, lost: VolumesOfLostHosts): Part<"create", "volume.placing"> {
  const { store, work, config, address } = handles;

  const operation: Create = async (input, ctx) => {
    const { sizeGiB, labels, availabilityZone } = input;
    const id = handles.newId();
    const job = await insert(id, input, ctx);
    return placeAndBuild(handles, "volumes", job, ctx, {
      placement: { manager: volumes.name, request: id, needs: { sizeGiB }, labels, availabilityZone },
      maxAttempts: () => config.current.maxAttempts,
      build: (address) => ctx.ref(volumes).at(address).build({ id }),
      lost: lost(ctx),
      failed: (attempts) => ctx.fail("BUILD_FAILED", { id, attempts: [...attempts] }),
    });
  };

  function insert(id: string, { name, sizeGiB }: Input, ctx: Context) {
    const tenant = tenantOf(ctx);
    return store.transaction(async (tx) => {
      await requireGiB(tx, ctx, config.current, tenant, sizeGiB);
      await tx.insert("volumes", {
        id,
        name,
        tenant,
        sizeGiB,
        reservedGiB: sizeGiB,
        status: "creating",
        placer: address,
      });
      return work.begin(tx, "volume.placing", ...placing(id));
    });
  }

  return {
    operations: { create: operation },
    recover: { "volume.placing": (job, ctx) => recoverPlacing(store, "volumes", job, ctx, lost(ctx)) },
  };
}
