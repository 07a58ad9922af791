import type { TransferOptions } from "@reeve/driver-sdk";
import type { Source } from "@reeve/driver-sdk/volume";
import { reachableRow, requireDriver, tenantOf } from "../resource/index.ts";
import type { VolumeCreation } from "./creation.ts";
import type { Part, VolumeHandles, VolumeOperations } from "./handles.ts";
import type { CreationKind } from "./jobs.ts";
import { percents } from "./percent.ts";
import { snapshotOf } from "./snapshot-of.ts";

type Clone = VolumeOperations["clone"];
type Input = Parameters<Clone>[0];
/** What cloning and copying both declare. */
type Context = Parameters<Clone>[1];
type OnProgress = TransferOptions["onProgress"];

/** Makes volumes from others on the same backend. The source's lane is held meanwhile, so the source stays as it is. */
export function clones(
  handles: VolumeHandles,
  creation: VolumeCreation,
): Part<"clone" | "copy", "volume.cloning" | "volume.copying"> {
  const { store, driver, work } = handles;

  async function begin(kind: CreationKind, input: Input, ctx: Context) {
    requireDriver(handles);
    if (!driver.clones) ctx.fail("UNSUPPORTED", { ability: "clones" });
    const ability = driver.clones;
    const { id: sourceId, snapshotId, name } = input;
    const id = handles.newId();
    const { volume, from, job } = await store.transaction(async (tx) => {
      const source = await reachableRow(tx, "volumes", sourceId, ctx);
      const snapshot = snapshotId === undefined ? undefined : await snapshotOf(tx, sourceId, snapshotId, ctx);
      const content = snapshot ?? source;
      await work.requireReleased(tx, content.id);
      if (content.status !== "available") ctx.fail("WRONG_STATUS", { status: content.status });
      const sizeGiB = input.sizeGiB ?? content.sizeGiB;
      if (sizeGiB < content.sizeGiB) ctx.fail("TOO_SMALL", { leastGiB: content.sizeGiB });
      const volume = { id, name, sizeGiB, tenant: ctx.principal.tenant === undefined ? source.tenant : tenantOf(ctx) };
      const from: Source = snapshot
        ? { kind: "snapshot", id: snapshot.id, volumeId: sourceId }
        : { kind: "volume", id: sourceId };
      return { volume, from, job: await creation.begin(tx, ctx, kind, { ...volume, sourceId }) };
    });
    return {
      id,
      run: (independent: boolean, onProgress?: OnProgress) =>
        creation.run(job, ({ signal }) => ability.clone({ ...volume, from, independent }, { signal, onProgress })),
    };
  }

  const clone: VolumeOperations["clone"] = async (input, ctx) => {
    const { run } = await begin("volume.cloning", input, ctx);
    return run(false);
  };

  const copy: VolumeOperations["copy"] = async function* (input, ctx) {
    const { id, run } = await begin("volume.copying", input, ctx);
    const control = { signal: ctx.signal, cancel: () => work.cancel(id, ctx.signal.reason) };
    return yield* percents(control, (onProgress) => run(true, onProgress));
  };

  return {
    operations: { clone, copy },
    recover: { "volume.cloning": creation.recover, "volume.copying": creation.recover },
  };
}
