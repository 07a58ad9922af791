import type { TransferOptions } from "@reeve/driver-sdk";
import type { Source } from "@reeve/driver-sdk/volume";
import { reachableRow, requireDriver, tenantOf } from "../resource/index.ts";
import type { VolumeCreation } from "./creation.ts";
import type { Part, VolumeHandles, VolumeOperations } from "./handles.ts";
import { homeOf } from "./home.ts";
import type { VolumeRecoverers } from "./jobs.ts";
import { percents } from "./percent.ts";
import { snapshotOf } from "./snapshot-of.ts";

type Clone = VolumeOperations["clone"];
type Input = Parameters<Clone>[0];
/** What cloning and copying both declare. */
type Context = Parameters<Clone>[1];
type OnProgress = TransferOptions["onProgress"];
type Kind = "volume.cloning" | "volume.copying";
type Recover = VolumeRecoverers[Kind];

/** Makes volumes from others on the same backend. The source's lane is held meanwhile, so the source stays as it is. */
export function clones(handles: VolumeHandles, creation: VolumeCreation): Part<"clone" | "copy", Kind> {
  const { store, driver, work } = handles;

  async function begin(kind: Kind, input: Input, ctx: Context) {
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
      await creation.insert(tx, ctx, { ...volume, sourceId });
      return { volume, from, job: await work.begin(tx, kind, id, { from }) };
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

  /**
   * What a dead member of the cluster has begun is made again while its source is as it was. What this manager's own earlier life has begun
   * is not: its start would wait for all of that. Whatever came of it is settled as any creation is.
   */
  const finish =
    (independent: boolean): Recover =>
    async (job, context) => {
      const { signal, error, log } = context;
      const spec = error === undefined ? await unmade(job, signal) : undefined;
      if (spec)
        await driver.clones?.clone({ ...spec, independent }, { signal }).catch((err: unknown) => {
          signal.throwIfAborted();
          log.warn({ id: spec.id, err }, "a volume could not be made from its source again");
        });
      return creation.recover(job, context);
    };

  /** Undefined where there is nothing to be made, or nothing to make it from. */
  async function unmade({ resource: id, address, payload }: Parameters<Recover>[0], signal: AbortSignal) {
    if (address === handles.address) return undefined;
    const row = await store.find("volumes", id);
    const isHere = row?.host === homeOf(handles);
    if (!payload || row?.status !== "creating" || !isHere) return undefined;
    const { from } = payload;
    const source = await store.find(from.kind === "volume" ? "volumes" : "snapshots", from.id);
    if (source?.status !== "available" || (await creation.exists(id, signal))) return undefined;
    return { id, sizeGiB: row.sizeGiB, from };
  }

  return {
    operations: { clone, copy },
    recover: { "volume.cloning": finish(false), "volume.copying": finish(true) },
  };
}
