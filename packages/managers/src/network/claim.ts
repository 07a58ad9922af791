import { isReason } from "@reeve/contract";
import { hasRole, type Job, notPermitted, type Transaction } from "@reeve/runtime";
import { reachableRow } from "../resource/index.ts";
import { operator } from "../roles.ts";
import type { NetworkHandles, NetworkOperations } from "./handles.ts";
import type { Point, SegmentKind, Wire } from "./network.ts";
import { isSamePoint, pointKeyOf } from "./point-key.ts";
import type { NetworkRow, NetworkStore, PortRow } from "./store.ts";
import { type Wish, wishOf } from "./wish.ts";

export type AttachContext = Parameters<NetworkOperations["attach"]>[1];

/** Where a port is asked to be. */
export interface Request {
  readonly portId: string;
  readonly point: Point;
}

export type Claim =
  /** It is there already. */
  { readonly wire: Wire } | { readonly wire: undefined; readonly wish: Wish; readonly job: Job };

/**
 * Claims a port for a place on this host, and begins the work of bringing it there. The row of its attachment is the claim: of two
 * hosts that race for a port one inserts it, and the other is told of that one.
 */
export function claimPort(
  handles: NetworkHandles,
  kind: SegmentKind,
  request: Request,
  ctx: AttachContext,
): Promise<Claim> {
  const { store } = handles;
  const { portId } = request;
  return store
    .transaction((tx) => claim(tx, handles, kind, request, ctx))
    .catch(async (error: unknown) => {
      if (!isReason(error, "ROW_EXISTS")) throw error;
      // Where transactions run side by side the loser may learn of the other from the key alone.
      const other = await store.find("attachments", portId);
      if (!other) throw error;
      return ctx.fail("ALREADY_ATTACHED", { host: other.host });
    });
}

async function claim(
  tx: Transaction<NetworkStore>,
  handles: NetworkHandles,
  kind: SegmentKind,
  { portId, point }: Request,
  ctx: AttachContext,
): Promise<Claim> {
  const { work, address } = handles;
  const port = await reachableRow(tx, "ports", portId, ctx);
  await work.requireReleased(tx, portId);
  const there = await tx.find("attachments", portId);
  if (there && there.host !== address) ctx.fail("ALREADY_ATTACHED", { host: there.host });
  if (there && port.status === "active") {
    if (there.wire && isSamePoint(there.point, point)) return { wire: there.wire };
    ctx.fail("ALREADY_ATTACHED", { host: address });
  }
  if (there || port.status !== "down") ctx.fail("WRONG_STATUS", { status: port.status });
  if (!handles.driver.healthy)
    ctx.fail("HOST_UNREACHABLE", { host: address, why: "its driver is away; nothing was begun" });
  const network = await carriedNetwork(tx, handles, kind, port, ctx);
  if (point.kind === "netns" && point.namespace === undefined && !handles.driver.namespaces)
    ctx.fail("UNSUPPORTED", { ability: "namespaces" });
  const generation = port.generation + 1;
  // The port first: whoever deletes it waits for its row too.
  const { numUpdatedRows } = await tx
    .updateTable("ports")
    .set({ status: "attaching", generation, fault: null })
    .where("id", "=", portId)
    .where("status", "=", "down")
    .where("generation", "=", port.generation)
    .executeTakeFirstOrThrow();
  if (numUpdatedRows === 0n) {
    const other = await tx.find("attachments", portId);
    if (other) ctx.fail("ALREADY_ATTACHED", { host: other.host });
    const { status } = await reachableRow(tx, "ports", portId, ctx);
    ctx.fail("WRONG_STATUS", { status });
  }
  const { networkId } = port;
  const place = { portId, networkId, generation, point, pointKey: pointKeyOf(portId, point) };
  await tx.insert("attachments", { ...place, host: address, wire: null });
  const wish = await wishOf(tx, network, port, place);
  return { wire: undefined, wish, job: await work.begin(tx, "port.attaching", portId, { networkId, generation }) };
}

/**
 * Refuses a principal that names a place which may be somebody else's: a namespace that exists, an interface of a switch. Whose
 * these are the device does not know, so it takes an operator to say.
 *
 * @throws ReeveError `NOT_PERMITTED`
 */
export function requireMayName(point: Point, { principal }: Pick<AttachContext, "principal">): void {
  const isNamed = point.kind === "switchport" || (point.kind === "netns" && point.namespace !== undefined);
  if (isNamed && !hasRole(principal, operator))
    throw notPermitted(`only the role ${operator} names a namespace or a switch's interface; leave it out of \`as\``);
}

/** The network of a port. Throws the declared refusals of one that this manager's device does not carry. */
export async function carriedNetwork(
  tx: Pick<Transaction<NetworkStore>, "get">,
  { config }: Pick<NetworkHandles, "config">,
  kind: SegmentKind,
  { networkId }: Pick<PortRow, "networkId">,
  ctx: Pick<AttachContext, "fail">,
): Promise<NetworkRow> {
  const network = await tx.get("networks", networkId);
  if (network.kind !== kind) ctx.fail("UNSUPPORTED", { ability: `${network.kind} networks` });
  const known = Object.keys(config.current.physicalNetworks);
  const { physicalNetwork } = network;
  if (!known.includes(physicalNetwork)) ctx.fail("UNKNOWN_PHYSICAL_NETWORK", { physicalNetwork, known });
  return network;
}
