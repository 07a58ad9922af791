import { askedFor, audit, reachableRow, signOfLife } from "../resource/index.ts";
import { networks } from "./contract.ts";
import type { Converging } from "./converge.ts";
import type { Device } from "./device.ts";
import type { NetworkHandles, NetworkOperations } from "./handles.ts";
import { shownPort } from "./port-rows.ts";
import type { NetworkRow, SegmentColumns } from "./store.ts";

/** An operator's ways out: when a port's host is gone for good, and for what a device has and nobody knows. */
export function forgetPorts(
  handles: NetworkHandles,
  device: Device,
  converging: Converging,
): Pick<NetworkOperations, "forget" | "removeUnaccounted"> {
  const { store, work, address, clock } = handles;

  const forget: NetworkOperations["forget"] = async ({ portId, reason }, ctx) => {
    const { status } = await reachableRow(store, "ports", portId, ctx);
    const { host, generation } = (await store.find("attachments", portId)) ?? ctx.fail("WRONG_STATUS", { status });
    if (host === address) ctx.fail("HOST_SERVES", { host, why: "it was asked to forget what it has itself" });
    const why = await signOfLife(ctx.ref(networks).at(host).getPort({ id: portId }, { timeout: askedFor }));
    if (why !== undefined) ctx.fail("HOST_SERVES", { host, why });
    const by = ctx.principal.user;
    const abandoned = await store.transaction(async (tx) => {
      // The port first, as whoever attaches, detaches and deletes it does.
      const { numUpdatedRows } = await tx
        .updateTable("ports")
        .set({ status: "down", fault: null })
        .where("id", "=", portId)
        .where("generation", "=", generation)
        .executeTakeFirstOrThrow();
      const place = await tx.find("attachments", portId);
      if (numUpdatedRows === 0n || place?.host !== host || place.generation !== generation)
        return ctx.fail("HOST_SERVES", { host: place?.host ?? host, why: "it was attached or detached meanwhile" });
      const kind = await work.abandon(tx, portId);
      const { networkId, point } = place;
      const segment = segmentColumns(await tx.get("networks", networkId));
      const key = `${host}/${portId}`;
      await tx.delete("forgotten", key);
      const at = new Date(clock.wallNow());
      await tx.insert("forgotten", { key, host, portId, networkId, segment, generation, point, at, by, reason });
      await tx.delete("attachments", portId);
      return kind;
    });
    audit(ctx, { action: "forget", portId, host, reason, abandoned }, `forgot that port ${portId} is at ${host}`);
    return (await shownPort(store, portId))!;
  };

  const removeUnaccounted: NetworkOperations["removeUnaccounted"] = async ({ marks, reason }, ctx) => {
    const { signal } = ctx;
    const unaccounted = await converging.unaccounted(signal);
    const wanted = [...new Set(marks)].map(
      (mark) => [mark, unaccounted.get(mark) ?? ctx.fail("NOT_UNACCOUNTED", { mark })] as const,
    );
    // A network goes when its ports have.
    wanted.sort(([, one], [, other]) => Number(one.kind === "segment") - Number(other.kind === "segment"));
    const act = { action: "removeUnaccounted", marks, host: address, reason };
    audit(ctx, act, `removes ${marks.length} unaccounted things of ${address}`);
    for (const [mark, discarded] of wanted)
      if (!(await device.removeUnaccounted(discarded, signal))) ctx.fail("NOT_UNACCOUNTED", { mark });
    return { removed: wanted.map(([mark]) => mark) };
  };

  return { forget, removeUnaccounted };
}

function segmentColumns({ kind, vlanId, physicalNetwork }: NetworkRow): SegmentColumns {
  return { kind, vlanId, physicalNetwork };
}
