import type { Outcome } from "@reeve/contract";

/**
 * - `queued`: a frame of it waits to leave: in its message, for the link, or for its next try.
 * - `inFlight`: it has left, and its callee may have it.
 * - `contested`: it has left once, and another incarnation got it as well: the one that is meant stood still then, or was cut off. It
 *   may have the call yet, and has said nothing of it.
 * - `awaiting`: its callee is gone, and it waits for one that may have it instead.
 * - `settled`: it has ended here, whatever becomes of it there.
 */
export type StateName = "queued" | "inFlight" | "contested" | "awaiting" | "settled";

/** How many copies of it were handed to the socket, but for one that nobody heard: none, one, or several. */
export type Copies = 0 | 1 | 2;

export interface RemoteState {
  readonly name: StateName;
  readonly copies: Copies;
}

/**
 * - `published`: a message with it was handed to the socket.
 * - `answered`, `failed`: its callee's answer, a value or an error.
 * - `forgotten`: its callee had it, and remembers no answer.
 * - `heartbeat`: its callee says that it runs.
 * - `unheard`: the broker says that nobody subscribes to where its last message went.
 * - `linkLost`: this process lost its link.
 * - `reconnected`: this process has its link again, or its callee's process says that it has.
 * - `gone`: its incarnation has ended, or is taken to have.
 * - `superseded`: another incarnation got it, and says that it is not the one.
 * - `returned`: somebody serves at its address again.
 * - `served`: another member that may have it serves.
 * - `unsendable`: it does not leave: it cannot travel, there is no room to wait, or it is not permitted.
 * - `denied`: the broker has thrown away its last message.
 * - `deadline`, `cancel`: its caller waits no longer; a process that closes cancels.
 */
export const eventNames = [
  "published",
  "answered",
  "failed",
  "forgotten",
  "heartbeat",
  "unheard",
  "linkLost",
  "reconnected",
  "gone",
  "superseded",
  "returned",
  "served",
  "unsendable",
  "denied",
  "deadline",
  "cancel",
] as const;
export type EventName = (typeof eventNames)[number];

/** Whether a call may be run twice: never, by anybody, or where its key is known. */
export type Repeat = "never" | "anywhere" | "byKey";

/** What a transition depends on beside state and event. */
export interface Facts {
  readonly repeat: Repeat;
  /** Its messages name the incarnation that they are for: only then may it be sent again. */
  readonly named: boolean;
  /** Its incarnation lives, as far as membership knows. */
  readonly lives: boolean;
  /** Its process was not heard after the call was sent, and went when it had been silent for longer than anybody can stand still without noticing it. */
  readonly silent: boolean;
  /** Another member serves that may have it now. */
  readonly elsewhere: boolean;
  /** The incarnation that has returned has the store that may know its key. */
  readonly sameStore: boolean;
}

/**
 * - `resend`: send it under its number as soon as its turn comes.
 * - `retry`: send it under its number after a while.
 * - `renew`: send it under a new number to who is at its address now; where that is nobody, and nothing ran, its caller gets the error.
 * - `await`: wait for somebody who may have it.
 * - `resume`: its stream goes on.
 * - `tellCancel`: tell its callee that nobody waits.
 * - `deliver`: its caller gets the answer.
 * - `refuse`: its caller gets the error, unless it may be tried elsewhere.
 */
export type Action = "resend" | "retry" | "renew" | "await" | "resume" | "tellCancel" | "deliver" | "refuse";

/** `own`: what the event says of itself; `own, if done`: unless that is that nothing was done, which of several copies nobody knows. */
export type End = Outcome | "own" | "own, if done";

export interface Transition {
  readonly state: RemoteState;
  readonly action?: Action | undefined;
  /** What its caller is told of it, where it ends. */
  readonly outcome?: End | undefined;
}
