import { reeveError } from "@reeve/contract";
import type { Context } from "@reeve/runtime";
import { reachableRow, requireDriver, saysHostGone } from "../resource/index.ts";
import { volumes } from "./contract.ts";
import type { VolumeHandles, VolumeOperations } from "./handles.ts";
import type { Reconnection } from "./reconnect.ts";
import type { VolumeRow } from "./store.ts";

/**
 * Connects volumes to the host they are on. That one is connected is noted first: a crash in between leaves a note too
 * many, which `disconnect` takes away, and never a connected volume that can be deleted. The note names the member: in a cluster
 * that one alone connects it again, and disconnects it.
 */
export function connections(
  handles: VolumeHandles,
  reconnection: Reconnection,
): Pick<VolumeOperations, "connect" | "disconnect"> {
  const { store, work, driver, address } = handles;

  /** The other member that has it connected, or the same as `address`. */
  const holderOf = ({ connected, connectedTo }: VolumeRow) => (connected ? (connectedTo ?? address) : address);

  /** What the member that has it connected says; undefined when that is gone, and its connection with it. */
  async function askHolder<R extends object>(
    ctx: Context,
    holder: string,
    ask: (ref: ReturnType<typeof refAt>) => Promise<R>,
  ): Promise<R | undefined> {
    try {
      return await ask(refAt(ctx, holder));
    } catch (error) {
      if (saysHostGone(error)) return undefined;
      throw error;
    }
  }

  const refAt = (ctx: Context, member: string) => ctx.ref(volumes).at(member);

  return {
    async connect({ id }, ctx) {
      requireDriver(handles);
      const before = holderOf(await reachableRow(store, "volumes", id, ctx));
      const held = before === address ? undefined : await askHolder(ctx, before, (ref) => ref.connect({ id }));
      if (held) return held;
      await store.transaction(async (tx) => {
        const row = await reachableRow(tx, "volumes", id, ctx);
        await work.requireReleased(tx, id);
        if (row.status !== "available") ctx.fail("WRONG_STATUS", { status: row.status });
        const holder = holderOf(row);
        if (holder !== address && holder !== before)
          throw reeveError("BUSY", `volume ${id} was connected to ${holder} meanwhile`, { data: { resource: id } });
        await tx.update("volumes", id, { connected: true, connectedTo: address });
      });
      const connection = await driver.connect({ id }, { signal: ctx.signal });
      reconnection.done(id);
      return { ...connection, host: address };
    },

    async disconnect({ id }, ctx) {
      const volume = await reachableRow(store, "volumes", id, ctx);
      if (!volume.connected) return volume;
      const holder = holderOf(volume);
      const done = holder === address ? undefined : await askHolder(ctx, holder, (ref) => ref.disconnect({ id }));
      if (done) return done;
      return reconnection.disconnect(id, async () => {
        if (holder === address) await driver.disconnect({ id }, { signal: ctx.signal });
        return store.transaction(async (tx) => {
          const now = await reachableRow(tx, "volumes", id, ctx);
          // Somebody else has connected it meanwhile.
          if (holderOf(now) !== holder) return now;
          return tx.update("volumes", id, { connected: false, connectedTo: null });
        });
      });
    },
  };
}
