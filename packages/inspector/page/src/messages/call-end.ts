import type { ShownMessage } from "../state/message-ring.ts";
import { durationText } from "../state/number-text.ts";

/** How a call went, in a word or two; empty for what is no call. @param known whether its host would have told of its end */
export function endText({ type, end, endMissed, count, maker }: ShownMessage, known: boolean): string {
  if (type !== "call") return "";
  // One that stands for others, or was folded into their count, is not followed to its end.
  if (!end) return maker === undefined ? "" : known && !endMissed ? "runs" : "outcome unknown";
  const took = durationText(end.durationMs);
  return end.error ? `${end.error.reason} · ${took}` : count > 1 ? `one in ${took}` : took;
}
