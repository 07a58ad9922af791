import type { MailboxMode } from "../mailbox/mailbox.ts";
import { type Cause, hasCause, type Serves, servesWith } from "./cause.ts";
import type { LifecycleState } from "./status.ts";

/** What decides whether a manager answers. */
export interface Standing {
  readonly state: LifecycleState;
  readonly causes: readonly Cause[];
}

/** Where a caller is: in the manager's process, or in another. */
export type CallerPlace = "here" | "elsewhere";

const modes: Record<LifecycleState, MailboxMode> = {
  booting: "paused",
  preRpc: "paused",
  serving: "open",
  degraded: "open",
  resetting: "paused",
  draining: "closed",
  stopped: "closed",
  failed: "closed",
};

/** What becomes of a call that arrives: one that somebody else may have run as well does not run here. */
export function modeOf({ state, causes }: Standing): MailboxMode {
  const mode = modes[state];
  return mode === "open" && servesWith(causes) === "nobody" ? "closed" : mode;
}

/** Who is to have it answer calls now. */
export function servesOf({ state, causes }: Standing): Serves {
  return modes[state] === "open" ? servesWith(causes) : "nobody";
}

/**
 * Whether a call that names no address is sent to it: the one answer that routers and heartbeats go by.
 *
 * A lost link, refused rights and a lagging event loop keep callers elsewhere away, and not those here: the loop that lags is theirs
 * too, and a call from here needs no link, so that another process would only add a way to what they wait for. A caller
 * elsewhere also leaves out a process that it has not heard of in time (`suspect`): only who waits for heartbeats can miss one.
 */
export function canServe(standing: Standing, caller: CallerPlace): boolean {
  const serves = servesOf(standing);
  return serves === "everybody" || (serves === "neighbours" && caller === "here");
}

/**
 * Whether it is heard where calls from elsewhere come: from the first time that it serves until it drains, as calls wait in its
 * mailbox while it resets; but not while another process holds its address.
 */
export function listensElsewhere(standing: Standing): "yes" | "no" | "as before" {
  if (hasCause(standing.causes, "ADDRESS_CLAIMED")) return "no";
  return modeOf(standing) === "open" ? "yes" : "as before";
}
