/** Numbers in a row, both ends included: addresses, or VLAN ids. */
export interface Range {
  readonly first: bigint;
  readonly last: bigint;
}

export function sizeOf({ first, last }: Range): bigint {
  return last - first + 1n;
}

export function overlap(one: Range, other: Range): boolean {
  return one.first <= other.last && other.first <= one.last;
}

export function holds({ first, last }: Range, number: bigint): boolean {
  return first <= number && number <= last;
}

/** The same numbers in order: no range overlaps another or follows it directly. */
export function merged(ranges: readonly Range[]): readonly Range[] {
  const result: Range[] = [];
  for (const range of ranges.toSorted((a, b) => (a.first < b.first ? -1 : 1))) {
    const before = result.at(-1);
    if (!before || range.first > before.last + 1n) result.push(range);
    else if (range.last > before.last) result[result.length - 1] = { first: before.first, last: range.last };
  }
  return result;
}

/** What is in the ranges and in none of the others, in order. */
export function without(ranges: readonly Range[], others: readonly Range[]): readonly Range[] {
  let rest = merged(ranges);
  for (const other of others) rest = rest.flatMap((range) => cut(range, other));
  return rest;
}

/** What is in both, in order. */
export function within(ranges: readonly Range[], others: readonly Range[]): readonly Range[] {
  return without(ranges, without(ranges, others));
}

function cut(range: Range, other: Range): readonly Range[] {
  if (!overlap(range, other)) return [range];
  const pieces = [
    { first: range.first, last: other.first - 1n },
    { first: other.last + 1n, last: range.last },
  ];
  return pieces.filter(({ first, last }) => first <= last);
}
