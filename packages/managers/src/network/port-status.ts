import type { Job, RowChanges, Store, Transaction } from "@reeve/runtime";
import type { PortStatus, Wire } from "./network.ts";
import type { AttachmentRow, NetworkStore, PortRow } from "./store.ts";

/** Which attachment of a port is meant: it may have been attached elsewhere since. */
export interface OfPort {
  readonly portId: string;
  readonly generation: number;
}

/**
 * Changes a port if it still has that status and its attachment is still that one. When somebody else has changed it in the
 * meantime (an operator who forgot it), their word stands.
 *
 * @returns whether it was changed
 */
export async function changePort(
  tx: Transaction<NetworkStore>,
  { portId, generation }: OfPort,
  from: PortStatus,
  changes: Pick<RowChanges<NetworkStore, "ports">, "status" | "fault">,
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable("ports")
    .set(changes)
    .where("id", "=", portId)
    .where("generation", "=", generation)
    .where("status", "=", from)
    .executeTakeFirstOrThrow();
  return numUpdatedRows > 0n;
}

/** A port is carried by its device: it is `active`, with the wire that it is reached by. */
export async function activatePort(
  tx: Transaction<NetworkStore>,
  of: OfPort,
  from: PortStatus,
  wire: Wire,
): Promise<boolean> {
  if (!(await changePort(tx, of, from, { status: "active", fault: null }))) return false;
  await tx
    .updateTable("attachments")
    .set({ wire })
    .where("portId", "=", of.portId)
    .where("generation", "=", of.generation)
    .execute();
  return true;
}

/** The port of interrupted work, where it is still that work's; its attachment may be gone already. */
export async function portOfWork(
  store: Store<NetworkStore>,
  { resource, payload }: Job<{ readonly generation: number }>,
  status: PortStatus,
): Promise<{ readonly port: PortRow; readonly place: AttachmentRow | undefined } | undefined> {
  const port = await store.find("ports", resource);
  if (port?.status !== status || port.generation !== payload.generation) return undefined;
  const place = await store.find("attachments", resource);
  return { port, place: place?.generation === payload.generation ? place : undefined };
}
