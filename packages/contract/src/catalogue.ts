import type { Code } from "./code.ts";
import type { Outcome } from "./outcome.ts";
import type { DataByReason, Held } from "./reason-data.ts";

interface ReasonEntry {
  readonly code: Code;
  /** What is known about execution unless the thrower knows better. */
  readonly outcome: Outcome;
  /** Whether the same call may succeed later without anybody changing it. */
  readonly retryable: boolean;
  /** What happened, and what to do next. */
  readonly means: string;
}

/** Every reason the runtime itself gives. A contract's declared errors add their own. */
export const catalogue = {
  INVALID_INPUT: {
    code: "INVALID_ARGUMENT",
    outcome: "not-executed",
    retryable: false,
    means:
      "The input does not satisfy the operation's schema. `data.issues` lists path and message. Correct the input.",
  },
  INVALID_OPTION: {
    code: "INVALID_ARGUMENT",
    outcome: "not-executed",
    retryable: false,
    means: "An option or definition is malformed. The message names the field and the value. Correct the program.",
  },
  INVALID_OUTPUT: {
    code: "INTERNAL",
    outcome: "executed",
    retryable: false,
    means:
      "The operation ran, but its answer or a step of its progress does not satisfy its own schema, or cannot be encoded. Correct the manager.",
  },
  UNKNOWN_OPERATION: {
    code: "UNIMPLEMENTED",
    outcome: "not-executed",
    retryable: false,
    means:
      "The contract has no operation of this name. Correct the name, or use the contract of the version that has it.",
  },
  UNSUPPORTED_VERSION: {
    code: "UNIMPLEMENTED",
    outcome: "not-executed",
    retryable: false,
    means:
      "A live member is too old for this operation, or serves another major. Ask `ref.supports(operation)`; upgrade the members.",
  },
  NO_RESPONDERS: {
    code: "UNAVAILABLE",
    outcome: "never-sent",
    retryable: true,
    means: "No live manager can take this call. Start one, or correct the address.",
  },
  NOT_PERMITTED: {
    code: "PERMISSION_DENIED",
    outcome: "not-executed",
    retryable: false,
    means:
      "The caller may not do this; the message names the operation and the role or right that is missing. An operation names the roles that it asks for in `data.roles`: call on behalf of a principal that has one. A principal that a process sends is believed only where that process is listed in `trustedForwarders`. The inspector needs a token or a setting that allows more than looking. Where the broker forbids the subject of a call, or of its answers, the message names it: correct the user's permissions there.",
  },
  NOT_SERVING: {
    code: "UNAVAILABLE",
    outcome: "not-executed",
    retryable: true,
    means: "The manager is starting, draining or stopped; `data.state` says which.",
  },
  MOVED: {
    code: "UNAVAILABLE",
    outcome: "not-executed",
    retryable: true,
    means:
      "Another address owns the resource; `data.owner` names it. Refs follow by themselves; this surfaces when the call was addressed with `at()` or `all()`, or when owners disagree.",
  },
  NO_OWNER: {
    code: "NOT_FOUND",
    outcome: "not-executed",
    retryable: false,
    means: "The manager's `owner` function knows no address for this input.",
  },
  OWNER_FAILED: {
    code: "INTERNAL",
    outcome: "not-executed",
    retryable: false,
    means:
      "The manager's `owner` function gave something other than an address; the message says what. Nothing is wrong with the call. Have it return an address, `host` or `host@backend`, or null where nobody owns it.",
  },
  LINK_LOST: {
    code: "UNAVAILABLE",
    outcome: "maybe-executed",
    retryable: false,
    means:
      "The call came to its callee before, and what it was answered is not remembered any more, or it was cancelled after 10 s in which its caller could not be reached. It may have run.",
  },
  LINK_SATURATED: {
    code: "RESOURCE_EXHAUSTED",
    outcome: "never-sent",
    retryable: true,
    means:
      "The broker has not confirmed `data.unconfirmedBytes` bytes sent to it, the most that the client keeps. Send more slowly; the link recovers or is closed by itself.",
  },
  PEER_LOST: {
    code: "UNAVAILABLE",
    outcome: "maybe-executed",
    retryable: false,
    means: "The incarnation that ran the call died or was restarted. The call may have run in part.",
  },
  DRIVER_LOST: {
    code: "UNAVAILABLE",
    outcome: "executed",
    retryable: true,
    means:
      "The manager serves, but its driver is not set up, was lost, or has failed the manager's preparation. It heals by itself when the driver is well.",
  },
  DRIVER_FAILED: {
    code: "INTERNAL",
    outcome: "executed",
    retryable: false,
    means: "The driver failed; `data.retryable` says whether the driver expects another try to succeed.",
  },
  DEADLINE_EXCEEDED: {
    code: "DEADLINE_EXCEEDED",
    outcome: "maybe-executed",
    retryable: false,
    means: "The deadline passed. `not-executed` when the call was still waiting, `maybe-executed` when it was running.",
  },
  CANCELLED: {
    code: "CANCELLED",
    outcome: "maybe-executed",
    retryable: false,
    means: "The call was cancelled: its caller's signal aborted, its caller closed, or an operator cancelled it.",
  },
  MAILBOX_FULL: {
    code: "RESOURCE_EXHAUSTED",
    outcome: "not-executed",
    retryable: true,
    means: "The manager has as many calls waiting as it allows. Try again after `data.retryAfterMs`.",
  },
  CALLER_FULL: {
    code: "RESOURCE_EXHAUSTED",
    outcome: "maybe-executed",
    retryable: true,
    means:
      "The callee remembers as many processes with this caller token as it keeps, and may forget none of them yet: whatever it took now could run twice. Give processes tokens of their own, or let them live longer than a call.",
  },
  REENTRANT: {
    code: "ABORTED",
    outcome: "not-executed",
    retryable: false,
    means:
      "The call came back to a lane that its own chain holds; waiting would be a deadlock. Change the call graph or the lane.",
  },
  BUSY: {
    code: "ABORTED",
    outcome: "not-executed",
    retryable: true,
    means:
      "Other work on the same resource has begun and has not ended; `data` has `resource`, `kind` and `since`. With `data.waitingFor` that work has failed, and a driver call that it made still runs (driver, method, since): the resource is free when that has returned, its driver was closed, or an operator abandons it.",
  },
  DUPLICATE_KEY: {
    code: "ABORTED",
    outcome: "maybe-executed",
    retryable: false,
    means:
      "A call with this idempotency key already ran or is running, and its answer is not known. `retryable`: it runs, or its work is being recovered; ask again with the same key. Otherwise look at `data.resource`, where it is given, before trying with another key. `data.state` is `running`, `interrupted` (it was cut short: `maybe-executed`), `failed` or `ended` (it left no answer: `executed`).",
  },
  INTERRUPTED: {
    code: "ABORTED",
    outcome: "executed",
    retryable: false,
    means:
      "The handler of a durable cast was cut short, or failed with an undeclared error, after it had committed something: that stands, and it does not run again. Look at what it did, at `data.resource` where it is given; then replay the cast or drop it. A handler whose last transaction returns `carriedOut`, or that journals its work, is not interrupted by a crash.",
  },
  CASTS_FULL: {
    code: "RESOURCE_EXHAUSTED",
    outcome: "not-executed",
    retryable: true,
    means:
      "The manager keeps as many keys of durable casts for their caller as it allows. They go when the caller acknowledges that it keeps those casts no more; `data.kept` says how many there are.",
  },
  FENCED: {
    code: "ABORTED",
    outcome: "not-executed",
    retryable: false,
    means:
      "A newer incarnation of this manager exists; this one may not write any more and stops. Its process waits until the other one is gone; without a transport, it ends. Where two processes have one address by mistake, give one of them another host name or backend. With `data.by`, a member of its cluster took it for dead and finishes its work: it starts anew by itself.",
  },
  LEASE_LOST: {
    code: "ABORTED",
    outcome: "maybe-executed",
    retryable: true,
    means:
      "A lease may be another's by now: no renewal was confirmed for 4 s, its row has another holder, or its incarnation has ended. End what was done under it, and acquire it anew.",
  },
  HUNG: {
    code: "UNAVAILABLE",
    outcome: "maybe-executed",
    retryable: false,
    means:
      "As a cause of a degraded manager: an operation ignored its signal past twice its deadline; the cause's `data` has `operation`, `lane`, `resource`, `requestId` and `since`, and it stays until the operation returns or an operator abandons it with `supervisor.abandon`. As the error of a call: every slot of the driver is held by calls that ignored their abort; `data` has `operation`, the method held longest, and `since`.",
  },
  ABANDONED: {
    code: "ABORTED",
    outcome: "maybe-executed",
    retryable: false,
    means:
      "An operator abandoned the operation or its work: nobody waits for it any more, and what it still does is dropped. Look at the resource before trying again.",
  },
  NOT_RUNNING: {
    code: "NOT_FOUND",
    outcome: "not-executed",
    retryable: false,
    means: "Nothing that runs or is held matches what was to be abandoned; the message names it.",
  },
  STORE_MISUSE: {
    code: "FAILED_PRECONDITION",
    outcome: "executed",
    retryable: false,
    means: "The store was used in a way that would hang or reach tables of another manager. Correct the program.",
  },
  STORE_FAILED: {
    code: "INTERNAL",
    outcome: "executed",
    retryable: false,
    means:
      "The store failed: disk full, I/O error, or a file that was moved, replaced or cut while in use; the message says what to do. `retryable` where it may pass. Of a call the outcome is `maybe-executed`: its handler ran, and may have done something before, or made a commit that may be lost. `cause` holds the database's own error.",
  },
  TRANSACTION_TIMEOUT: {
    code: "ABORTED",
    outcome: "executed",
    retryable: true,
    means: "A transaction took longer than allowed and was rolled back. Await only its `tx` inside a transaction.",
  },
  STORE_IN_USE: {
    code: "FAILED_PRECONDITION",
    outcome: "never-sent",
    retryable: false,
    means:
      "Another process holds the store file; the message names it. Stop it, or give this supervisor a file of its own.",
  },
  STORE_CORRUPT: {
    code: "DATA_LOSS",
    outcome: "never-sent",
    retryable: false,
    means: "The store file is not a database or is damaged. Restore it from a copy.",
  },
  MIGRATION_FAILED: {
    code: "INTERNAL",
    outcome: "not-executed",
    retryable: false,
    means:
      "A store's own migration threw; the message names store and version, `cause` is what it threw. The database is at the version before.",
  },
  MIGRATION_REFUSED: {
    code: "FAILED_PRECONDITION",
    outcome: "never-sent",
    retryable: false,
    means:
      "The database was migrated by newer code, or a past version of a store was changed; the message names store and version. Run the newer code, or put the version back and add the next one.",
  },
  ROW_NOT_FOUND: {
    code: "NOT_FOUND",
    outcome: "executed",
    retryable: false,
    means: "The table has no row with this key; `data` holds table and key.",
  },
  ROW_EXISTS: {
    code: "ALREADY_EXISTS",
    outcome: "executed",
    retryable: false,
    means: "Another row has the same primary key or unique value; `data` holds table and columns.",
  },
  CONSTRAINT_FAILED: {
    code: "FAILED_PRECONDITION",
    outcome: "executed",
    retryable: false,
    means:
      "A value does not fit its column: null where none is allowed, of another type, or larger than 1 MiB. The message names it.",
  },
  NO_ACTOR: {
    code: "NOT_FOUND",
    outcome: "executed",
    retryable: false,
    means:
      "The manager keeps no actor of this machine and id; `data` names both. It was never begun, or was forgotten.",
  },
  ACTOR_EXISTS: {
    code: "ALREADY_EXISTS",
    outcome: "executed",
    retryable: false,
    means:
      "The manager has an actor of this id already; `data` names machine and id. Send to that one, or forget it first.",
  },
  ACTOR_FAILED: {
    code: "FAILED_PRECONDITION",
    outcome: "executed",
    retryable: false,
    means:
      'An actor of the manager\'s failed; the message has what it threw. A kept one whose action, guard or assignment threw stands still, and is tried again when its manager starts anew; one whose machine has ended with an error stays so until it is forgotten. As the failure of an incarnation: the actor was spawned or kept with `onError: "crash"`.',
  },
  MACHINE_REFUSED: {
    code: "FAILED_PRECONDITION",
    outcome: "executed",
    retryable: false,
    means:
      "A kept actor's state is of a version of its machine that this program does not know, or does not fit it; `data` has machine and version. It stays as it is. Run the newer program, declare the machine in `kept`, or say in its `migrate` what becomes of the older version.",
  },
  ADDRESS_IN_USE: {
    code: "ALREADY_EXISTS",
    outcome: "never-sent",
    retryable: false,
    means: "This supervisor already runs that manager at that address. Give the second one another `backend`.",
  },
  BOOT_FAILED: {
    code: "FAILED_PRECONDITION",
    outcome: "not-executed",
    retryable: false,
    means: "A manager could not start; `cause` tells which step failed and why.",
  },
  START_TIMEOUT: {
    code: "DEADLINE_EXCEEDED",
    outcome: "not-executed",
    retryable: false,
    means:
      "A hook of a manager has not returned within its `startTimeout`; `data.step` names it. Look for what it waits for, or allow it more time.",
  },
  RESTARTS_EXHAUSTED: {
    code: "UNAVAILABLE",
    outcome: "not-executed",
    retryable: false,
    means:
      "A child failed more often than the restart intensity allows, so its supervisor stopped restarting it and ends.",
  },
  WORKER_FAILED: {
    code: "INTERNAL",
    outcome: "executed",
    retryable: false,
    means: "A task in a worker thread threw; `cause` has its error and stack. Correct the task or its input.",
  },
  WORKER_LOST: {
    code: "INTERNAL",
    outcome: "maybe-executed",
    retryable: false,
    means:
      "A worker thread exited, crashed or ran out of memory during a task; `cause` tells which. The other threads go on.",
  },
  WORKERS_FULL: {
    code: "RESOURCE_EXHAUSTED",
    outcome: "not-executed",
    retryable: true,
    means:
      "All worker threads are busy and the queue before them is full. Try again later, or raise `workers.maxQueued`.",
  },
  TRANSPORT_CLOSED: {
    code: "UNAVAILABLE",
    outcome: "never-sent",
    retryable: false,
    means: "The transport was closed; nothing more can be sent through it.",
  },
  PAYLOAD_TOO_LARGE: {
    code: "INVALID_ARGUMENT",
    outcome: "never-sent",
    retryable: false,
    means:
      "The message exceeds the transport's limit; `data.bytes` and `data.limitBytes` say by how much. For an answer, a step of a stream or an error's data, the outcome is that of the call. Pass a reference, or stream it in smaller steps.",
  },
  MALFORMED_FRAME: {
    code: "INVALID_ARGUMENT",
    outcome: "not-executed",
    retryable: false,
    means: "Another process sent bytes that are not a valid envelope.",
  },
  UNDECLARED: {
    code: "INTERNAL",
    outcome: "executed",
    retryable: false,
    means: "The operation threw something its contract does not declare. `data.errorId` finds it in the manager's log.",
  },
} as const satisfies Record<string, ReasonEntry>;

export type Reason = keyof typeof catalogue;

/**
 * The type of `data` by reason. Beside what {@link DataByReason} says, work that has failed while a driver call that it made
 * still runs gives `resource` and `waitingFor` with any reason.
 */
export type ReasonData = {
  readonly [R in Reason]: MaybeHeld<R extends keyof DataByReason ? DataByReason[R] : undefined>;
};

type MaybeHeld<D> = [D] extends [undefined]
  ? Held | undefined
  : undefined extends D
    ? (Partial<NonNullable<D>> & Partial<Held>) | undefined
    : D & Partial<Held>;
