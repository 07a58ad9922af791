/**
 * Where a durable cast is.
 *
 * - `waiting`: for its time, for its turn in its lane, or to be tried again.
 * - `sent`: under way, or it was when its holder ended.
 * - `done`: carried out, or dropped; its row stays until its callee has forgotten its key.
 * - `dead`: abandoned, until an operator replays or drops it.
 */
export type CastState = "waiting" | "sent" | "done" | "dead";

export type CastEvent =
  /** It is due, first in its lane, and somebody is there. */
  | "taken"
  /** It has been carried out. */
  | "answered"
  /** Nobody was there who can take it (members of an older minor cannot), or nothing of it left this process. */
  | "absent"
  /** Another address owns what it is about. */
  | "moved"
  /** It was refused before it ran; that may pass. */
  | "refused"
  /** It may have been carried out, or be so now. */
  | "unknown"
  /** Its callee says that an earlier delivery runs, or that its work is not finished. */
  | "running"
  /** It ran and failed; that may pass. */
  | "failed"
  /** Its callee has said for certain what became of it, and no repetition mends that. */
  | "rejected"
  /** It was refused before its key was looked at, and no repetition mends that. What an earlier attempt did is not said. */
  | "barred"
  /** Its holder ended while it was under way. */
  | "interrupted"
  /** Its callee has forgotten its key. */
  | "acknowledged"
  | "replayed"
  | "dropped";

/** What the table asks beside state and event. */
export interface CastFacts {
  /** No attempt may have been carried out. */
  readonly certain: boolean;
  /** Its callee has said for certain what became of it. */
  readonly judged: boolean;
  /** It has been tried for as long as it is tried at all. */
  readonly exhausted: boolean;
  /** It has been sent to as many owners in turn as it may be without a pause. */
  readonly wandering: boolean;
  /** Somebody may know its key. */
  readonly known: boolean;
  /** Those after it in its lane do not wait while it is dead. */
  readonly skips: boolean;
}

type Condition = keyof CastFacts;

export interface CastStep {
  /** `gone`: its row is deleted. */
  readonly to: CastState | "gone";
  /** What becomes of the address it was sent to. */
  readonly address: "fixed" | "kept" | "free" | "owner";
  /** When it is looked at next. */
  readonly next: "at once" | "backoff" | "never";
  /** `leaves`: the next one of its lane is due; `joins`: it takes the last place of its lane. */
  readonly lane: "stays" | "leaves" | "joins";
  /** The pause counts towards the end of trying. */
  readonly counts: boolean;
  /** From here on an attempt may have been carried out. */
  readonly uncertain: boolean;
  /** Under another key, and as if nothing had been tried. */
  readonly anew: boolean;
}

type Row = readonly [
  state: CastState,
  events: string,
  conditions: readonly Condition[],
  to: CastStep["to"],
  address: CastStep["address"],
  next: CastStep["next"],
  lane: CastStep["lane"],
  notes?: "counts" | "counts, uncertain" | "uncertain" | "anew",
];

// biome-ignore format: a table reads by its columns
const rows: readonly Row[] = [
  ["waiting", "taken", [], "sent", "fixed", "never", "stays"],
  // However long somebody is away, what is for it is kept.
  ["waiting", "absent", ["certain"], "waiting", "free", "backoff", "stays"],
  ["waiting", "absent", [], "waiting", "kept", "backoff", "stays"],
  ["sent", "answered", [], "done", "kept", "never", "leaves"],
  ["sent", "absent", ["certain"], "waiting", "free", "backoff", "stays"],
  ["sent", "absent", [], "waiting", "kept", "backoff", "stays"],
  ["sent", "moved, refused", ["exhausted", "skips"], "dead", "kept", "never", "leaves"],
  ["sent", "moved, refused", ["exhausted"], "dead", "kept", "never", "stays"],
  ["sent", "unknown, failed", ["exhausted", "skips"], "dead", "kept", "never", "leaves", "uncertain"],
  ["sent", "unknown, failed", ["exhausted"], "dead", "kept", "never", "stays", "uncertain"],
  ["sent", "moved", ["certain", "wandering"], "waiting", "owner", "backoff", "stays", "counts"],
  ["sent", "moved", ["certain"], "waiting", "owner", "at once", "stays"],
  ["sent", "refused", ["certain"], "waiting", "free", "backoff", "stays", "counts"],
  // Refused now, it may have been carried out before: only who has its key can tell.
  ["sent", "moved, refused", [], "waiting", "kept", "backoff", "stays", "counts"],
  ["sent", "unknown", [], "waiting", "kept", "backoff", "stays", "counts, uncertain"],
  // However long that takes, it is waited for: nothing has failed.
  ["sent", "running", [], "waiting", "kept", "backoff", "stays", "uncertain"],
  // What failed may be kept under its key.
  ["sent", "failed", [], "waiting", "kept", "backoff", "stays", "counts, uncertain"],
  ["waiting", "barred", ["skips"], "dead", "kept", "never", "leaves"],
  ["waiting", "barred", [], "dead", "kept", "never", "stays"],
  ["sent", "rejected, barred", ["skips"], "dead", "kept", "never", "leaves"],
  ["sent", "rejected, barred", [], "dead", "kept", "never", "stays"],
  ["sent", "interrupted", [], "waiting", "kept", "at once", "stays", "uncertain"],
  ["done", "acknowledged", [], "gone", "kept", "never", "stays"],
  // What its callee has said is kept under its key: only under another one it runs again.
  ["dead", "replayed", ["judged", "skips"], "waiting", "free", "at once", "joins", "anew"],
  ["dead", "replayed", ["judged"], "waiting", "free", "at once", "stays", "anew"],
  ["dead", "replayed", ["certain", "skips"], "waiting", "free", "at once", "joins"],
  ["dead", "replayed", ["certain"], "waiting", "free", "at once", "stays"],
  // It may have been carried out: its key tells.
  ["dead", "replayed", ["skips"], "waiting", "kept", "at once", "joins"],
  ["dead", "replayed", [], "waiting", "kept", "at once", "stays"],
  ["dead", "dropped", ["known"], "done", "kept", "never", "leaves"],
  ["dead", "dropped", [], "gone", "kept", "never", "leaves"],
  ["waiting", "dropped", ["known"], "done", "kept", "never", "leaves"],
  ["waiting", "dropped", [], "gone", "kept", "never", "leaves"],
];

const rules = rows.map(([state, events, conditions, to, address, next, lane, notes = ""]) => ({
  state,
  events: events.split(", ") as CastEvent[],
  conditions,
  step: {
    ...{ to, address, next, lane },
    counts: notes.startsWith("counts"),
    uncertain: notes.endsWith("uncertain"),
    anew: notes === "anew",
  } as CastStep,
}));

/** What becomes of a cast when something happens to it. Pure. Undefined: nothing does. The first row that applies holds. */
export function nextStep(state: CastState, event: CastEvent, facts: CastFacts): CastStep | undefined {
  const applies = (rule: (typeof rules)[number]) =>
    rule.state === state && rule.events.includes(event) && rule.conditions.every((condition) => facts[condition]);
  return rules.find(applies)?.step;
}

/** The table as Markdown. */
export function printedCastRules(): string {
  const head = "| state | event | if | then | address | next | lane | |\n|---|---|---|---|---|---|---|---|";
  const lines = rows.map(
    ([state, events, conditions, to, address, next, lane, notes = ""]) =>
      `| ${[state, events, conditions.join(", "), to, address, next, lane, notes].join(" | ")} |`,
  );
  return [head, ...lines].join("\n");
}
