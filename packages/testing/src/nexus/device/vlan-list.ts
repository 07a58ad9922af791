import { Refusal } from "./refusal.ts";

/** The largest id that a VLAN list may hold. */
export const lastVlanId = 4094;

/**
 * The ids of a list such as `1,3-5`, ascending, each once.
 *
 * @throws Refusal when it is malformed, or an id is not from 1 to 4094
 */
export function parseVlanList(text: string): number[] {
  const ids = new Set<number>();
  for (const part of text.split(",")) {
    const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(part);
    const first = Number(match?.[1]);
    const last = Number(match?.[2] ?? match?.[1]);
    if (!match || first < 1 || last > lastVlanId || first > last) throw new Refusal("% Invalid value/range");
    for (let id = first; id <= last; id++) ids.add(id);
  }
  return ascending(ids);
}

/** `1,3-5`: runs of three and more, and of two, as ranges; empty for none. */
export function formatVlanList(ids: Iterable<number>): string {
  const ranges: [first: number, last: number][] = [];
  for (const id of ascending(ids)) {
    const open = ranges.at(-1);
    if (open && open[1] === id - 1) open[1] = id;
    else ranges.push([id, id]);
  }
  return ranges.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(",");
}

export function ascending(ids: Iterable<number>): number[] {
  return [...ids].sort((one, other) => one - other);
}
