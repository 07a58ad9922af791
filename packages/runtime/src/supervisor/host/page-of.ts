import type { Page } from "@reeve/contract";

/** An item of a list, and where it stands in it: keys are unique, and compared as text. */
export interface Listed<T> {
  readonly key: string;
  readonly item: T;
}

/** What the items of one page may measure together in bytes, written as JSON: messages of a broker have a largest size. */
export const largestPageBytes = 400_000;

/**
 * One page of a list that may change between pages: those with the next keys after the last page's, whether that is still there or
 * not; fewer than asked for where they would not fit into a message.
 */
export function pageOf<T>(items: readonly Listed<T>[], limit: number, cursor?: string): Page<T> {
  const sorted = [...items].sort((one, other) => (one.key < other.key ? -1 : 1));
  const rest = cursor === undefined ? sorted : sorted.filter(({ key }) => key > cursor);
  const page = fitting(rest.slice(0, limit));
  const last = page.at(-1);
  const found = page.map(({ item }) => item);
  return rest.length > page.length && last !== undefined ? { items: found, next: last.key } : { items: found };
}

function fitting<T>(items: readonly Listed<T>[]): readonly Listed<T>[] {
  let bytes = 0;
  const beyond = items.findIndex(({ item }, index) => {
    bytes += Buffer.byteLength(JSON.stringify(item));
    return bytes > largestPageBytes && index > 0;
  });
  return beyond < 0 ? items : items.slice(0, beyond);
}

/** Keys of numbers that sort as the numbers do. @param value 0 to 2^53 - 1 */
export function numberKey(value: number): string {
  return String(Math.trunc(value)).padStart(16, "0");
}
