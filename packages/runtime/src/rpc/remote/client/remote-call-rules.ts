import type { Action, Copies, End, EventName, Facts, RemoteState, StateName } from "./remote-call-state.ts";

export type Condition = "named" | "lives" | "silent" | "elsewhere" | "anywhere" | "by key" | "repeatable" | "key lost";

export interface Rule {
  readonly from: readonly StateName[];
  readonly counts: readonly Copies[];
  readonly on: readonly EventName[];
  /** All of them hold. */
  readonly when: readonly Condition[];
  /** Default: the same. */
  readonly to?: StateName | undefined;
  /** Default: the same. Of the only copy it may be known that nobody heard it. */
  readonly copies?: Copies | undefined;
  readonly action?: Action | undefined;
  readonly outcome?: End | undefined;
}

const groups = {
  sent: ["inFlight", "contested"],
  uncontested: ["queued", "inFlight"],
  live: ["queued", "inFlight", "contested"],
  open: ["queued", "inFlight", "contested", "awaiting"],
} as const;
const counted = { "0": [0], "1": [1], many: [2], some: [1, 2] } as const;

type From = StateName | keyof typeof groups;
type Counts = keyof typeof counted;
type To = StateName | "same" | `${"queued" | "settled"}, 0`;
type Events = EventName | "gone, superseded" | "deadline, cancel";
type Row = readonly [From, Counts, Events, readonly Condition[], To, (Action | "")?, End?];

/** As docs/wire.md shows it: state, copies, event, condition, next state, action, outcome. */
// biome-ignore format: a table reads by its columns
const rows: readonly Row[] = [
  // A callee answers for a number, and so for all of its copies; but what is idempotent may run for each.
  ["open", "some", "answered", [], "settled", "deliver"],
  ["open", "many", "failed", ["anywhere"], "settled", "refuse", "own, if done"],
  ["open", "some", "failed", [], "settled", "refuse", "own"],
  ["open", "some", "forgotten", ["by key"], "settled", "renew"],
  ["open", "some", "forgotten", [], "settled", "refuse", "maybe-executed"],
  ["contested", "1", "heartbeat", [], "inFlight", "resume"],
  ["open", "some", "heartbeat", [], "same", "resume"],
  ["settled", "some", "heartbeat", [], "same", "tellCancel"],
  // Nobody heard the last copy, which says nothing of those before it.
  ["queued", "1", "unheard", [], "queued, 0"],
  ["inFlight", "1", "unheard", ["elsewhere"], "settled, 0", "refuse", "never-sent"],
  ["inFlight", "1", "unheard", ["named", "lives"], "queued, 0", "retry"],
  ["inFlight", "1", "unheard", [], "settled, 0", "refuse", "never-sent"],
  ["inFlight", "many", "unheard", ["anywhere", "elsewhere"], "settled", "refuse", "maybe-executed"],
  ["inFlight", "many", "unheard", ["lives"], "queued", "retry"],
  ["inFlight", "many", "unheard", ["repeatable"], "awaiting", "await"],
  ["inFlight", "many", "unheard", [], "settled", "refuse", "maybe-executed"],
  // What waits to be sent again is sent once there is a link again; what never left waits for the link itself.
  ["queued", "some", "linkLost", [], "inFlight"],
  // What was said of it may have gone with the link: that nothing was heard says nothing from here on.
  ["contested", "1", "linkLost", [], "inFlight"],
  ["sent", "some", "reconnected", ["named"], "queued", "resend"],
  // Who has an address is membership's to say: two may hear what goes there, and the one that is meant may have it. Nobody
  // listens at an address beside a process that answers who it is: it stood still, or was cut off, when the call came.
  ["inFlight", "1", "superseded", ["lives"], "contested"],
  ["live", "some", "superseded", ["lives"], "same"],
  ["uncontested", "1", "superseded", [], "settled, 0", "refuse", "never-sent"],
  ["queued", "0", "gone", [], "settled", "refuse", "never-sent"],
  // It has been standing still since, takes in nothing that came before it has asked who has its place, and learns who.
  ["contested", "1", "gone", ["silent"], "settled, 0", "renew", "never-sent"],
  ["live", "some", "gone, superseded", ["anywhere", "elsewhere"], "settled", "refuse", "maybe-executed"],
  ["live", "some", "gone, superseded", ["repeatable"], "awaiting", "await"],
  ["live", "some", "gone, superseded", [], "settled", "refuse", "maybe-executed"],
  ["awaiting", "some", "returned", ["key lost"], "settled", "refuse", "maybe-executed"],
  ["awaiting", "some", "returned", [], "settled", "renew"],
  ["awaiting", "some", "served", ["anywhere"], "settled", "refuse", "maybe-executed"],
  ["queued", "0", "unsendable", [], "settled", "refuse", "own"],
  ["queued", "some", "unsendable", [], "settled", "refuse", "maybe-executed"],
  // Somebody heard it: what was refused is something else, and this may be where it was meant for.
  ["contested", "1", "denied", [], "settled", "refuse", "maybe-executed"],
  ["live", "1", "denied", [], "settled", "refuse", "own"],
  ["live", "many", "denied", [], "settled", "refuse", "maybe-executed"],
  // Whatever a late copy does must not make it untrue.
  ["queued", "0", "deadline, cancel", [], "settled", "", "never-sent"],
  ["open", "some", "deadline", [], "settled", "", "maybe-executed"],
  ["open", "some", "cancel", [], "settled", "tellCancel", "maybe-executed"],
];

/** The first that applies holds; where none does, nothing happens. */
export const rules: readonly Rule[] = rows.map(([from, counts, events, when, to, action, outcome]) => {
  const [name, copies] = to.split(", ") as [StateName | "same", string?];
  return {
    from: from in groups ? groups[from as keyof typeof groups] : [from as StateName],
    counts: counted[counts],
    on: events.split(", ") as EventName[],
    when,
    to: name === "same" ? undefined : name,
    copies: copies === undefined ? undefined : 0,
    action: action === "" ? undefined : action,
    outcome,
  };
});

export function ruleFor(state: RemoteState, event: EventName, facts: Facts): Rule | undefined {
  return rules.find((rule) => applies(rule, state, event, facts));
}

/** The table as Markdown. */
export function printedRules(): string {
  const lines = rows.map(([from, counts, events, when, to, action = "", outcome = ""]) => {
    const then = to === "same" ? "" : to;
    return `| ${[from, counts, events, when.join(", "), then, action, outcome].join(" | ")} |`;
  });
  return ["| state | copies | event | if | then | action | outcome |", "|---|---|---|---|---|---|---|", ...lines].join(
    "\n",
  );
}

function applies({ from, counts, on, when }: Rule, state: RemoteState, event: EventName, facts: Facts): boolean {
  return (
    on.includes(event) &&
    from.includes(state.name) &&
    counts.includes(state.copies) &&
    when.every((condition) => holds(condition, facts))
  );
}

function holds(condition: Condition, facts: Facts): boolean {
  switch (condition) {
    case "named":
      return facts.named;
    case "lives":
      return facts.lives;
    case "silent":
      return facts.silent;
    case "elsewhere":
      return facts.elsewhere;
    case "anywhere":
      return facts.repeat === "anywhere";
    case "by key":
      return facts.repeat === "byKey";
    case "repeatable":
      return facts.repeat !== "never";
    case "key lost":
      return facts.repeat === "byKey" && !facts.sameStore;
  }
}
