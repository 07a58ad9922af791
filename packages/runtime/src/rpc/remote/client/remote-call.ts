import { ruleFor } from "./remote-call-rules.ts";
import type { EventName, Facts, RemoteState, StateName, Transition } from "./remote-call-state.ts";

const states: Readonly<Record<StateName, readonly [RemoteState, RemoteState, RemoteState]>> = {
  queued: all("queued"),
  inFlight: all("inFlight"),
  contested: all("contested"),
  awaiting: all("awaiting"),
  settled: all("settled"),
};

export const initial: RemoteState = states.queued[0];

/** One more copy was handed to the socket. The one transition of every call: it allocates nothing. */
export function published({ copies }: RemoteState): RemoteState {
  return states.inFlight[copies === 0 ? 1 : 2];
}

/** The call has ended here. */
export function settled({ copies }: RemoteState): RemoteState {
  return states.settled[copies];
}

/** What becomes of a call when something happens to it. Pure. */
export function next(state: RemoteState, event: EventName, facts: Facts): Transition {
  if (event === "published") return { state: isLive(state) ? published(state) : state };
  const rule = ruleFor(state, event, facts);
  if (!rule) return { state };
  const { to, copies = state.copies, action, outcome } = rule;
  return { state: states[to ?? state.name][copies], action, outcome };
}

/** Whether a frame of it may leave. */
export function isLive({ name }: RemoteState): boolean {
  return name === "queued" || name === "inFlight";
}

function all(name: StateName): readonly [RemoteState, RemoteState, RemoteState] {
  return [Object.freeze({ name, copies: 0 }), Object.freeze({ name, copies: 1 }), Object.freeze({ name, copies: 2 })];
}
