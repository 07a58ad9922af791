/** Spreads texts over as few groups as their order and the limit allow. At least one group; a text over the limit gets one of its own. */
export function pack(texts: readonly string[], limitBytes: number): readonly (readonly string[])[] {
  const groups: string[][] = [[]];
  let bytes = 0;
  for (const text of texts) {
    const size = Buffer.byteLength(text) + 1;
    if (bytes > 0 && bytes + size > limitBytes) {
      groups.push([]);
      bytes = 0;
    }
    groups.at(-1)!.push(text);
    bytes += size;
  }
  return groups;
}
