import type { ShownMessage } from "../state/message-ring.ts";

/** What a link to a time in the messages leads to. */
export type Meant =
  /** Nothing that old is known: pages know what was told while one was open. */
  { readonly is: "unknown"; readonly since: number } | { readonly is: "known"; readonly message: ShownMessage };

/** How an address names a message: its time, and its number, as several may be of one millisecond. */
export function placeOf({ at, seq }: ShownMessage): string {
  return `${at}-${seq}`;
}

/** Milliseconds since 1970 of what an address names. */
export function timeOf(place: string): number {
  return Number.parseInt(place, 10);
}

/**
 * The message that an address names, or the first one after its time; undefined while none has come.
 *
 * @param messages in the order of time
 */
export function messageAt(messages: readonly ShownMessage[], place: string): Meant | undefined {
  const at = timeOf(place);
  const told = messages.filter(({ gap }) => gap === undefined);
  const [oldest] = told;
  if (!oldest) return undefined;
  const message = told.find((one) => placeOf(one) === place) ?? told.find(({ order }) => order >= at);
  if (!message) return undefined;
  return oldest.at > at ? { is: "unknown", since: oldest.at } : { is: "known", message };
}
