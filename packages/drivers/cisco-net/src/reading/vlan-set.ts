/** The highest VLAN id that a frame can carry and a switch can have. */
export const lastVlan = 4094;

const item = /^(\d{1,4})(?:-(\d{1,4}))?$/;

/**
 * Reads a list of VLAN ids as a switch writes it: `1-3,5`, or `none`.
 *
 * @returns undefined when it is written in another way
 * @example
 * ```ts
 * parseVlans("1-3,5"); // Set { 1, 2, 3, 5 }
 * ```
 */
export function parseVlans(text: string): Set<number> | undefined {
  const ids = new Set<number>();
  if (text.trim().toLowerCase() === "none") return ids;
  for (const part of text.split(",")) {
    const match = item.exec(part.trim());
    if (!match) return undefined;
    const first = Number(match[1]);
    const last = match[2] === undefined ? first : Number(match[2]);
    if (first > last || last > lastVlan + 1) return undefined;
    for (let id = first; id <= last; id++) ids.add(id);
  }
  return ids;
}

/**
 * The ids as ranges that hold both their ends, ascending and as few as there can be.
 *
 * @example
 * ```ts
 * rangesOf([5, 1, 2, 3]); // [[1, 3], [5, 5]]
 * ```
 */
export function rangesOf(ids: Iterable<number>): [first: number, last: number][] {
  const ranges: [number, number][] = [];
  for (const id of [...new Set(ids)].sort((a, b) => a - b)) {
    const open = ranges.at(-1);
    if (open && open[1] === id - 1) open[1] = id;
    else ranges.push([id, id]);
  }
  return ranges;
}

/** The ids that lie in these ranges. */
export function idsOf(ranges: Iterable<readonly [first: number, last: number]>): Set<number> {
  const ids = new Set<number>();
  for (const [first, last] of ranges) for (let id = first; id <= last; id++) ids.add(id);
  return ids;
}

/**
 * The ids as lists of at most so many characters each: a switch refuses long lines. (220 as cisco.nxos does.)
 *
 * @example
 * ```ts
 * vlanLists([100, 101, 300], 7); // ["100-101", "300"]
 * ```
 */
export function vlanLists(ids: Iterable<number>, longest = 220): string[] {
  const lists: string[] = [];
  for (const [first, last] of rangesOf(ids)) {
    const text = first === last ? `${first}` : `${first}-${last}`;
    const open = lists.at(-1);
    if (open !== undefined && open.length + 1 + text.length <= longest) lists[lists.length - 1] = `${open},${text}`;
    else lists.push(text);
  }
  return lists;
}
