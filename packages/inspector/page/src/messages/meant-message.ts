import type { ShownMessage } from "../state/message-ring.ts";

/** What a link to a time in the messages leads to. */
export type Meant =
  /** Nothing that old is known: pages know what was told while one was open. */
  { readonly is: "unknown"; readonly since: number } | { readonly is: "known"; readonly message: ShownMessage };

/**
 * The message of that time, or the first one after it; undefined while none has come.
 *
 * @param messages in the order of time
 * @param at milliseconds since 1970
 */
export function messageAt(messages: readonly ShownMessage[], at: number): Meant | undefined {
  const told = messages.filter(({ gap }) => gap === undefined);
  const [oldest] = told;
  if (!oldest) return undefined;
  const message = told.find((one) => one.at === at) ?? told.find(({ order }) => order >= at);
  if (!message) return undefined;
  return oldest.at > at ? { is: "unknown", since: oldest.at } : { is: "known", message };
}
