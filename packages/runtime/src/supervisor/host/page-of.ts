import type { Page } from "@reeve/contract";

/** An item of a list, and where it stands in it: keys are unique, and compared as text. */
export interface Listed<T> {
  readonly key: string;
  readonly item: T;
}

/** One page of a list that may change between pages: those with the next keys after the last page's, whether that is still there or not. */
export function pageOf<T>(items: readonly Listed<T>[], limit: number, cursor?: string): Page<T> {
  const sorted = [...items].sort((one, other) => (one.key < other.key ? -1 : 1));
  const rest = cursor === undefined ? sorted : sorted.filter(({ key }) => key > cursor);
  const page = rest.slice(0, limit);
  const last = page.at(-1);
  const found = page.map(({ item }) => item);
  return rest.length > limit && last !== undefined ? { items: found, next: last.key } : { items: found };
}

/** Keys of numbers that sort as the numbers do. @param value 0 to 2^53 - 1 */
export function numberKey(value: number): string {
  return String(Math.trunc(value)).padStart(16, "0");
}
