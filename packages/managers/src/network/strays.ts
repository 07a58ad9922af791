import { type Discarded, type Foreign, markOf, type SegmentKey } from "@reeve/driver-sdk/network";
import type { NetworkHandles } from "./handles.ts";
import { type HeldPort, networksOf } from "./held-here.ts";
import { type Listed, locationOf, markOfListed } from "./listed.ts";
import { knownByMark } from "./marks.ts";
import type { Point } from "./network.ts";
import type { ForgottenRow, RetainedRow } from "./store.ts";
import { type Place, segmentKeyOf, segmentOf } from "./wish.ts";

/** A port that is here and belongs elsewhere, or nowhere. */
export interface Stray {
  readonly portId: string;
  readonly mark: string;
  readonly segment: SegmentKey;
  /** Undefined for one that is half made: where it was to be is not known. */
  readonly place: Place | undefined;
}

/** What a device has that no attachment of this host accounts for, by what it is. */
export interface Strays {
  readonly ports: readonly Stray[];
  /** Attachments that were forgotten while this host was away, and are still here. */
  readonly forgotten: readonly ForgottenRow[];
  /** Networks of which nothing is attached here. */
  readonly segments: readonly SegmentKey[];
  /** Ports that another manager has attached to this very device. */
  readonly shared: readonly Foreign[];
  /** What nobody knows, by name, and how it would be removed. */
  readonly unaccounted: ReadonlyMap<string, Discarded>;
}

/** What this host is remembered to have, though no attachment says so. */
export interface Remembered {
  readonly forgotten: readonly ForgottenRow[];
  readonly retained: readonly RetainedRow[];
}

/** What was found under a mark of a port that is not to be here. */
interface Marked {
  readonly mark: string;
  readonly point: Point | undefined;
  readonly generation?: number | undefined;
}

/** The segment that a row remembers, whether or not its network is still there. */
export function segmentOfRow({ networkId, segment }: Pick<ForgottenRow, "networkId" | "segment">): SegmentKey {
  return { networkId, segment: segmentOf(segment), physicalNetwork: segment.physicalNetwork };
}

/** Sorts what is on the device. Reads what it has to; nothing is changed. */
export async function straysOf(
  handles: NetworkHandles,
  listed: Listed,
  held: readonly HeldPort[],
  { forgotten, retained }: Remembered,
): Promise<Strays> {
  const { attachments, leftovers } = listed.inventory;
  const heldMarks = new Set(held.map(({ port }) => markOf(port.id)));
  const marked: Marked[] = [
    ...attachments.flatMap((one) => {
      const mark = markOfListed(one);
      return mark === undefined ? [] : { mark, point: one.point, generation: one.generation };
    }),
    ...leftovers.flatMap(({ kind, mark }) => (kind === "port" ? { mark, point: undefined } : [])),
  ].filter(({ mark }) => !heldMarks.has(mark));
  const byMark = new Map(forgotten.map((row) => [markOf(row.portId), row]));
  const unknown = marked.filter(({ mark }) => !byMark.has(mark));
  const { ports, shared, unaccounted } = await knownStrays(handles, unknown);
  const unmarked = await unmarkedStrays(handles, listed, held, forgotten);
  const segments = await straySegments(handles, listed, held, { forgotten, retained });
  return {
    ports,
    shared,
    forgotten: [...new Set([...marked.flatMap(({ mark }) => byMark.get(mark) ?? []), ...unmarked.forgotten])],
    segments: segments.idle,
    unaccounted: new Map([...unaccounted, ...unmarked.unaccounted, ...segments.unaccounted]),
  };
}

async function knownStrays({ store, address }: NetworkHandles, marked: readonly Marked[]) {
  const ids = await knownByMark(store, "ports", new Set(marked.map(({ mark }) => mark)));
  const ports: Stray[] = [];
  const shared: Foreign[] = [];
  const unaccounted = new Map<string, Discarded>();
  for (const { mark, point, generation } of marked) {
    const id = ids.get(mark);
    const port = id === undefined ? undefined : await store.find("ports", id);
    // Read after the port: an attachment that begins after this has a higher generation than the port was read with.
    const attachment = port && (await store.find("attachments", port.id));
    if (attachment?.host === address) continue;
    // Each attachment raises it: this one was made by the host that has it, which must be a manager of the same device.
    if (attachment && attachment.generation === generation) {
      const why = `the manager at ${attachment.host} has attached it here: give each device to one manager`;
      shared.push({ what: `port ${attachment.portId}`, why });
      continue;
    }
    const network = port && (await store.find("networks", port.networkId));
    if (port && network) {
      // With the generation that it was read with: no older call may bring it here again.
      const place = point && { portId: port.id, generation: port.generation, point };
      ports.push({ portId: port.id, mark, segment: segmentKeyOf(network), place });
    } else unaccounted.set(mark, { kind: "port", mark });
  }
  return { ports, shared, unaccounted };
}

/** Of a device that keeps nothing of a port, by what its points carry. Whose that is, only people can say. */
async function unmarkedStrays(
  handles: NetworkHandles,
  { inventory }: Listed,
  held: readonly HeldPort[],
  forgotten: readonly ForgottenRow[],
) {
  const found: ForgottenRow[] = [];
  const unaccounted = new Map<string, Discarded>();
  const unmarked = inventory.attachments.filter((one) => markOfListed(one) === undefined);
  if (unmarked.length === 0) return { forgotten: found, unaccounted };
  const networks = await networksOf(handles, held);
  const locations = new Set(
    held.flatMap(({ port, place: { point } }) => {
      const network = networks.get(port.networkId);
      return network ? [locationOf({ ...segmentKeyOf(network), point })] : [];
    }),
  );
  const byLocation = new Map(
    forgotten.map((row) => [locationOf({ ...segmentOfRow(row), point: row.point }), row] as const),
  );
  for (const { segment, physicalNetwork, point } of unmarked) {
    const at = locationOf({ segment, physicalNetwork, point });
    const row = byLocation.get(at);
    if (locations.has(at)) continue;
    if (row) found.push(row);
    else unaccounted.set(at, { kind: "port", segment, physicalNetwork, point });
  }
  return { forgotten: found, unaccounted };
}

async function straySegments(
  { store }: NetworkHandles,
  { inventory }: Listed,
  held: readonly HeldPort[],
  { forgotten, retained }: Remembered,
) {
  // A network that was forgotten goes with the last of its ports.
  const carried = new Set(
    [...held.map(({ port }) => port.networkId), ...forgotten.map(({ networkId }) => networkId)].map(markOf),
  );
  const left = inventory.leftovers.filter(({ kind }) => kind === "segment");
  const marks = new Set([...inventory.segments, ...left].map(({ mark }) => mark).filter((mark) => !carried.has(mark)));
  const byMark = new Map(retained.map((row) => [markOf(row.networkId), row]));
  const idle = [...marks].flatMap((mark) => byMark.get(mark) ?? []).map(segmentOfRow);
  const others = new Set([...marks].filter((mark) => !byMark.has(mark)));
  const ids = await knownByMark(store, "networks", others);
  const unaccounted = new Map<string, Discarded>();
  for (const mark of others) {
    const id = ids.get(mark);
    const network = id === undefined ? undefined : await store.find("networks", id);
    if (network) idle.push(segmentKeyOf(network));
    else unaccounted.set(mark, { kind: "segment", mark });
  }
  return { idle, unaccounted };
}
