import type { Random } from "../base/random.ts";
import type { Delivery } from "./cast-event.ts";
import { type CastStep, nextStep } from "./cast-rules.ts";
import type { CastRow } from "./cast-store.ts";
import { afterAbsence, longestCommitMs, patienceMs, pauseMs } from "./pauses.ts";

/** To this many owners in turn it is sent without a pause. */
const mostMoves = 3;

/** What an event makes of a cast's row. */
export interface CastChange {
  readonly step: CastStep;
  readonly changes: Partial<Omit<CastRow, "id">>;
}

/** What becomes of a cast's row after a delivery, or the want of one. @param now by the database's clock */
export function changeAfter(row: CastRow, { event, reason, message, owner }: Delivery, now: number, random: Random) {
  const step = nextStep(row.state, event, factsOf(row));
  if (!step) return undefined;
  const attempts = row.state === "sent" ? row.attempts : row.attempts + 1;
  const pause = step.next === "backoff" ? pauseMs(attempts, random) : 0;
  const changes: CastChange["changes"] = {
    state: step.to as CastRow["state"],
    nextAt: nextAtOf(step, () => (event === "absent" ? afterAbsence(attempts, now) : now + pause)),
    ...addressAfter(step, owner),
    ...(step.lane === "leaves" ? { place: null } : {}),
    attempts,
    waitedMs: row.waitedMs + (step.counts ? pause : 0),
    uncertain: row.uncertain || step.uncertain,
    absent: event === "absent",
    judged: event === "rejected",
    reason,
    lastError: message?.slice(0, 1_000) ?? null,
  };
  return { step, changes } satisfies CastChange;
}

/**
 * Until when the key of one that is done has to stay, by the database's clock. What was sent before and never answered may be on its
 * way, to another member of its store or to a later life of its callee, which remember nothing of it: it must find the key until its
 * deadline has passed. Null: all that was sent was answered.
 *
 * @param now at its end, or later: everything was sent before
 */
export function keyUntil({ uncertain, terms }: Pick<CastRow, "uncertain" | "terms">, now: number): number | null {
  return uncertain ? now + terms.timeoutMs + longestCommitMs : null;
}

/** What the table asks of a row. */
export function factsOf({ uncertain, judged, waitedMs, attempts, address, terms }: CastRow) {
  return {
    certain: !uncertain,
    judged,
    exhausted: waitedMs >= patienceMs,
    wandering: attempts >= mostMoves,
    known: address !== null,
    skips: terms.onDeadLetter === "skip",
  };
}

function nextAtOf({ next }: CastStep, later: () => number): number | null {
  if (next === "never") return null;
  return next === "at once" ? 0 : Math.ceil(later());
}

function addressAfter({ address }: CastStep, owner: string | undefined) {
  if (address === "free") return { address: null, store: null };
  return address === "owner" ? { address: owner!, store: null } : {};
}
