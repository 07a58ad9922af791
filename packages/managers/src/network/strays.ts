import { type Discarded, type ListedAttachment, markOf, type SegmentKey } from "@reeve/driver-sdk/network";
import type { NetworkHandles } from "./handles.ts";
import type { HeldPort } from "./held-here.ts";
import { type Listed, locationOf, markOfListed } from "./listed.ts";
import { knownByMark } from "./marks.ts";
import type { Point } from "./network.ts";
import type { ForgottenRow } from "./store.ts";
import { type Place, segmentKeyOf, segmentOf } from "./wish.ts";

/** A port that is here and is not to be. */
export interface Stray {
  readonly place: Place;
  readonly segment: SegmentKey;
}

/** What a device has that no attachment of this host accounts for, by what it is. */
export interface Strays {
  /** Ports that belong elsewhere, or nowhere, by now. */
  readonly ports: readonly Stray[];
  /** Attachments that were forgotten while this host was away, which the device still has. */
  readonly forgotten: readonly ForgottenRow[];
  /** Networks of which nothing is attached here. */
  readonly segments: readonly SegmentKey[];
  /** What nobody knows, by name, and how it would be removed. */
  readonly unaccounted: ReadonlyMap<string, Discarded>;
}

/** Where a port half made is detached from: whatever it was to be, a namespace made for it goes with it. */
const anywhere: Point = { kind: "netns" };

export function segmentOfForgotten({ networkId, segment }: ForgottenRow): SegmentKey {
  return { networkId, segment: segmentOf(segment), physicalNetwork: segment.physicalNetwork };
}

/** Sorts what is on the device. Reads what it has to; nothing is changed. */
export async function straysOf(
  handles: NetworkHandles,
  listed: Listed,
  held: readonly HeldPort[],
  forgotten: readonly ForgottenRow[],
): Promise<Strays> {
  const { store } = handles;
  const { attachments, leftovers, segments } = listed.inventory;
  const networkIds = [...new Set([...held, ...forgotten].map((one) => ("port" in one ? one.port : one).networkId))];
  const networks = new Map((await networksOf(handles, networkIds)).map((row) => [row.id, row]));
  const heldMarks = new Set(held.map(({ port }) => markOf(port.id)));
  const carriedMarks = new Set(held.map(({ port }) => markOf(port.networkId)));
  const heldLocations = new Set(
    held.flatMap(({ port, place }) => {
      const network = networks.get(port.networkId);
      return network ? [locationOf({ ...segmentKeyOf(network), point: place.point })] : [];
    }),
  );
  const forgottenByMark = new Map(forgotten.map((row) => [markOf(row.portId), row]));
  const forgottenByLocation = new Map(
    forgotten.map((row) => [locationOf({ ...segmentOfForgotten(row), point: row.point }), row]),
  );
  const marked = [
    ...attachments.flatMap((one) => ({ mark: markOfListed(one), point: one.point })),
    ...leftovers.flatMap(({ kind, mark }) => (kind === "port" ? { mark, point: anywhere } : [])),
  ].filter(({ mark }) => mark !== undefined && !heldMarks.has(mark)) as { mark: string; point: Point }[];
  const unmarked = attachments.filter((one) => markOfListed(one) === undefined);
  const idle = [...segments, ...leftovers.filter(({ kind }) => kind === "segment")].filter(
    ({ mark }) => !carriedMarks.has(mark),
  );

  const found = new Set<ForgottenRow>();
  const ports = new Map<string, Stray>();
  const unaccounted = new Map<string, Discarded>();
  const unknown = marked.filter(({ mark }) => {
    const row = forgottenByMark.get(mark);
    if (row) found.add(row);
    return row === undefined;
  });
  const portIds = await knownByMark(store, "ports", new Set(unknown.map(({ mark }) => mark)));
  for (const { mark, point } of unknown) {
    const id = portIds.get(mark);
    const port = id === undefined ? undefined : await store.find("ports", id);
    const network = port && (await store.find("networks", port.networkId));
    if (port && network)
      ports.set(port.id, {
        place: { portId: port.id, generation: port.generation, point },
        segment: segmentKeyOf(network),
      });
    else unaccounted.set(mark, { kind: "port", mark });
  }
  for (const one of unmarked) {
    const at = locationOf(one);
    if (heldLocations.has(at)) continue;
    const row = forgottenByLocation.get(at);
    if (row) found.add(row);
    else unaccounted.set(at, discardedAt(one));
  }
  const idleIds = await knownByMark(store, "networks", new Set(idle.map(({ mark }) => mark)));
  const left: SegmentKey[] = [];
  for (const { mark } of idle) {
    const id = idleIds.get(mark);
    const network = id === undefined ? undefined : await store.find("networks", id);
    if (network) left.push(segmentKeyOf(network));
    else if (![...forgottenByMark.values()].some(({ networkId }) => markOf(networkId) === mark))
      unaccounted.set(mark, { kind: "segment", mark });
  }
  return { ports: [...ports.values()], forgotten: [...found], segments: left, unaccounted };
}

function discardedAt({ segment, physicalNetwork, point }: ListedAttachment): Discarded {
  return { kind: "port", segment, physicalNetwork, point };
}

async function networksOf({ store }: NetworkHandles, ids: readonly string[]) {
  const rows = await Promise.all(ids.map((id) => store.find("networks", id)));
  return rows.filter((row) => row !== undefined);
}
