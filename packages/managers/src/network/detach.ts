import { reachableRow } from "../resource/index.ts";
import type { Device } from "./device.ts";
import { deviceFailureOf } from "./device-failure.ts";
import type { NetworkHandles, NetworkOperations, Part } from "./handles.ts";
import type { NetworkRecoverers } from "./jobs.ts";
import { shownPort } from "./port-rows.ts";
import { changePort, portOfWork } from "./port-status.ts";
import type { Repairs } from "./repair.ts";
import type { AttachmentRow } from "./store.ts";
import { segmentKeyOf } from "./wish.ts";

/**
 * Detaches ports. A detachment that has begun is carried through, after a crash and when the device was away: the port is `down`
 * when its device agreed, and not before.
 */
export function detachPorts(
  handles: NetworkHandles,
  device: Device,
  repairs: Pick<Repairs, "done">,
): Part<"detach", "port.detaching"> {
  const { store, work, driver, address } = handles;

  const operation: NetworkOperations["detach"] = async ({ portId }, ctx) => {
    await repairs.done(portId, ctx.signal);
    const begun = await store.transaction(async (tx) => {
      const { status, fault, networkId, generation } = await reachableRow(tx, "ports", portId, ctx);
      await work.requireReleased(tx, portId);
      const place = await tx.find("attachments", portId);
      if (status === "down" && !place) return undefined;
      if (status !== "active" && status !== "error") ctx.fail("WRONG_STATUS", { status });
      const of = { portId, generation };
      if (!place) {
        await changePort(tx, of, status, { status: "down", fault: null });
        return undefined;
      }
      // It was attached elsewhere since its owner was asked for.
      if (place.host !== address) ctx.fail("WRONG_STATUS", { status });
      if (!driver.healthy)
        ctx.fail("HOST_UNREACHABLE", { host: address, why: "its driver is away; nothing was begun" });
      if (!(await changePort(tx, of, status, { status: "detaching" }))) ctx.fail("WRONG_STATUS", { status });
      const job = await work.begin(tx, "port.detaching", portId, { networkId, generation, was: status, fault });
      return { place, job };
    });
    if (begun) {
      const { place, job } = begun;
      try {
        await work.run(job, async ({ signal }) => {
          await leave(place, signal);
          return (tx) => changePort(tx, place, "detaching", { status: "down", fault: null });
        });
      } catch (error) {
        // Tried again at once by its recovery, it may have gone well.
        const port = await store.find("ports", portId);
        if (port?.status !== "down" || port.generation !== place.generation) {
          const failure = deviceFailureOf(error, address);
          if (failure?.kind === "unreachable") ctx.fail("HOST_UNREACHABLE", { host: address, why: failure.why });
          if (failure?.kind === "foreign") ctx.fail("FOREIGN", { what: failure.what, where: failure.where });
          throw error;
        }
      }
    }
    return (await shownPort(store, portId))!;
  };

  async function leave(place: AttachmentRow, signal: AbortSignal): Promise<void> {
    const network = await store.get("networks", place.networkId);
    await device.detach(place, segmentKeyOf(network), signal);
  }

  const recover: NetworkRecoverers["port.detaching"] = async (job, { signal }) => {
    const { was, fault, generation } = job.payload;
    const of = { portId: job.resource, generation };
    const left = await portOfWork(store, job, "detaching");
    if (!left) return;
    try {
      if (left.place) await leave(left.place, signal);
      else await device.leave(segmentKeyOf(await store.get("networks", left.port.networkId)), signal, true);
    } catch (error) {
      const failure = deviceFailureOf(error, address);
      if (!failure || failure.passing) throw error;
      // Something is in the way: nothing was changed.
      if (failure.kind === "foreign") return (tx) => changePort(tx, of, "detaching", { status: was, fault });
      const failed = { reason: "FAILED", message: failure.why } as const;
      return (tx) => changePort(tx, of, "detaching", { status: "error", fault: failed });
    }
    return (tx) => changePort(tx, of, "detaching", { status: "down", fault: null });
  };

  return { operations: { detach: operation }, recover: { "port.detaching": recover } };
}
