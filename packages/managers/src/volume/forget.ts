import { askedFor, audit, reachableRow, requireDriver, signOfLife } from "../resource/index.ts";
import { volumes } from "./contract.ts";
import type { VolumeHandles, VolumeOperations } from "./handles.ts";
import { homeOf } from "./home.ts";
import { requireNoCopies } from "./in-use.ts";
import { snapshotCount } from "./snapshot-count.ts";
import type { Tombstone } from "./tombstone.ts";
import { bury, dropTombstones, tombstonesHere } from "./tombstones.ts";

type Forget = VolumeOperations["forget"];
type Context = Parameters<Forget>[1];

/** An operator's way out when a volume's host is gone for good, or when a volume is to be ours no longer. */
export function forgetting(
  handles: VolumeHandles,
  onEnd: () => void,
): Pick<VolumeOperations, "forget" | "unmanage" | "removeForgotten"> {
  const { store, work, driver, clock } = handles;
  const home = homeOf(handles);

  const forget: Forget = async ({ id, reason }, ctx) => {
    const host = (await reachableRow(store, "volumes", id, ctx)).host ?? ctx.fail("NOT_HELD", { id });
    await requireGone(host, id, ctx);
    const at = new Date(clock.wallNow());
    const { snapshots, abandoned } = await store.transaction(async (tx) => {
      const found = await reachableRow(tx, "volumes", id, ctx);
      if (found.host !== host) ctx.fail("HOST_SERVES", { host: found.host ?? home, why: "it was taken on meanwhile" });
      const snapshots = await tx.selectFrom("snapshots").select("id").where("volumeId", "=", id).execute();
      const abandoned: string[] = [];
      for (const one of [id, ...snapshots.map((snapshot) => snapshot.id)]) {
        const kind = await work.abandon(tx, one);
        if (kind !== undefined) abandoned.push(kind);
      }
      const rows = [{ id, volumeId: null }, ...snapshots.map((snapshot) => ({ id: snapshot.id, volumeId: id }))];
      await bury(tx, ctx, { kind: "forgotten", host, reason, at }, rows);
      await tx.deleteFrom("snapshots").where("volumeId", "=", id).execute();
      await tx.delete("volumes", id);
      return { snapshots: snapshots.length, abandoned };
    });
    audit(ctx, { action: "forget", id, host, reason, snapshots, abandoned }, `forgot volume ${id} of ${host}`);
    return tombstone(id, "forgotten", host, at, ctx.principal.user, reason);
  };

  async function requireGone(host: string, id: string, ctx: Context): Promise<void> {
    if (host === home) ctx.fail("HOST_SERVES", { host, why: "it was asked to forget what it holds itself" });
    const why = await signOfLife(ctx.ref(volumes).at(host).get({ id }, { timeout: askedFor }));
    if (why !== undefined) ctx.fail("HOST_SERVES", { host, why });
  }

  const unmanage: VolumeOperations["unmanage"] = async ({ id, reason }, ctx) => {
    const at = new Date(clock.wallNow());
    await store.transaction(async (tx) => {
      const { status, host, connected } = await reachableRow(tx, "volumes", id, ctx);
      await work.requireReleased(tx, id);
      if (host === null) ctx.fail("NOT_HELD", { id });
      if (status !== "available" && status !== "error") ctx.fail("WRONG_STATUS", { status });
      if (connected) ctx.fail("IN_USE", { host });
      await requireNoCopies(tx, id);
      const snapshots = await snapshotCount(tx, id);
      // As Cinder has it: without their volume's row nobody could reach them.
      if (snapshots > 0) ctx.fail("HAS_SNAPSHOTS", { snapshots });
      await bury(tx, ctx, { kind: "unmanaged", host: home, reason, at }, [{ id, volumeId: null }]);
      await tx.delete("volumes", id);
    });
    onEnd();
    audit(ctx, { action: "unmanage", id, host: home, reason }, `unmanaged volume ${id} of ${home}`);
    return tombstone(id, "unmanaged", home, at, ctx.principal.user, reason);
  };

  const removeForgotten: VolumeOperations["removeForgotten"] = async ({ ids, reason }, ctx) => {
    requireDriver(handles);
    const here = new Map((await tombstonesHere(handles)).map((row) => [row.id, row]));
    const rows = ids.map((id) => {
      const row = here.get(id);
      return row?.kind === "forgotten" ? row : ctx.fail("NOT_FORGOTTEN", { id, host: home });
    });
    // A backend may refuse to remove what snapshots depend on.
    rows.sort((a, b) => Number(a.volumeId === null) - Number(b.volumeId === null));
    const act = { action: "removeForgotten", ids, host: home, reason };
    audit(ctx, act, `removes ${ids.length} forgotten images of ${home}`);
    for (const { id, volumeId } of rows) {
      if (volumeId === null) await driver.delete({ id });
      else await driver.snapshots?.delete({ id, volumeId });
      await store.transaction((tx) => dropTombstones(tx, [id]));
    }
    onEnd();
    return { removed: rows.map(({ id }) => id) };
  };

  return { forget, unmanage, removeForgotten };
}

function tombstone(id: string, kind: Tombstone["kind"], host: string, at: Date, by: string, reason: string): Tombstone {
  return { id, volumeId: null, kind, host, at, by, reason };
}
