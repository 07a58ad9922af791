/** What is known of one life of a host. Times are those at which it was last heard, in milliseconds since 1970. */
export type Hearing =
  /** What is shown of it is what it is. */
  | { readonly is: "current" }
  /** Nothing was heard of it for 3 s, or only that its process lives. */
  | { readonly is: "silent"; readonly since: number }
  /** Nothing was heard of it for 5 s, while others could be heard. */
  | { readonly is: "lost"; readonly since: number }
  /** Nobody can be heard: it may be well. */
  | { readonly is: "unreachable"; readonly since: number }
  /** It speaks, and what it says cannot be read. */
  | { readonly is: "foreign"; readonly since: number; readonly problem: string }
  /** It has stopped in order. */
  | { readonly is: "stopped"; readonly since: number }
  /** It stops, or has stopped, because it gave up on a manager. */
  | { readonly is: "gaveUp"; readonly since: number; readonly reason: string; readonly message: string };

export type HearingEvent = { readonly at: number } & (
  | { readonly type: "told" }
  /** It told everything it has. */
  | { readonly type: "toldAll" }
  | { readonly type: "unreadable"; readonly problem: string }
  /** Not heard for 3 s; `at` is when it was heard last. */
  | { readonly type: "quiet" }
  /** Not heard for 5 s; `at` as above. */
  | { readonly type: "silence" }
  /** From here nobody is heard any more. */
  | { readonly type: "cut" }
  | { readonly type: "left" }
  | { readonly type: "gaveUp"; readonly reason: string; readonly message: string }
);

type Row = Readonly<Partial<Record<HearingEvent["type"], Hearing["is"]>>>;

const spoke = { told: "current", toldAll: "current", unreadable: "foreign" } as const;
const ended = { left: "stopped", gaveUp: "gaveUp" } as const;

/** What follows on what; an event that a row does not name changes nothing there. */
export const hearingTable: Readonly<Record<Hearing["is"], Row>> = {
  current: { unreadable: "foreign", quiet: "silent", silence: "lost", cut: "unreachable", ...ended },
  silent: { ...spoke, silence: "lost", cut: "unreachable", ...ended },
  lost: { ...spoke, ...ended },
  unreachable: { ...spoke, silence: "lost", ...ended },
  // What it told before may be out of date: only all of it together is news that can be trusted.
  foreign: { toldAll: "current", silence: "lost", cut: "unreachable", ...ended },
  stopped: {},
  gaveUp: {},
};

export const current: Hearing = { is: "current" };

/** The same value where the event changes nothing. */
export function nextHearing(hearing: Hearing, event: HearingEvent): Hearing {
  const is = hearingTable[hearing.is][event.type];
  if (is === undefined) return hearing;
  if (is === "current") return current;
  // Since it was last known how it is, which a further loss makes no later.
  const since = hearing.is === "silent" || hearing.is === "unreachable" ? Math.min(hearing.since, event.at) : event.at;
  if (event.type === "unreadable") return { is: "foreign", since: event.at, problem: event.problem };
  if (event.type === "gaveUp") return { is: "gaveUp", since: event.at, reason: event.reason, message: event.message };
  return event.type === "left" ? { is: "stopped", since: event.at } : ({ is, since } as Hearing);
}

/** It is known to have come to its end. */
export function hasEnded({ is }: Hearing): boolean {
  return is === "stopped" || is === "gaveUp";
}

/** What is shown of the host is its last word: it stays until somebody dismisses it, or the host is back. */
export function isTombstone(hearing: Hearing): boolean {
  return hearing.is === "lost" || hasEnded(hearing);
}

/** How it is now is not known. */
export function isUnknown({ is }: Hearing): boolean {
  return is === "silent" || is === "unreachable" || is === "foreign";
}
