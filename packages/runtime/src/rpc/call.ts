import { type CompiledOperation, type Contract, type Outcome, type ReeveError, reeveError } from "@reeve/contract";
import type { DeadlineWheel, WheelEntry } from "../base/deadline-wheel.ts";
import type { Linked } from "../mailbox/entry-list.ts";
import type { ChainLink, MailboxEntry } from "../mailbox/mailbox.ts";
import type { Origin } from "./origin.ts";
import type { Principal } from "./principal.ts";
import type { ProgressSink } from "./progress.ts";

export type Settlement =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly error: ReeveError };

/** What the callee does for a call that ends before its handler. */
export interface CallHost {
  /** The call was settled from outside (deadline, cancel) while it waited or ran here. */
  abandoned(call: Call): void;
}

/** Finds another callee for a call that was refused before it ran. */
export interface CallRouter {
  /** True when the call was delivered elsewhere. */
  redirect(call: Call, error: ReeveError): boolean;
  newRequestId(): string;
}

/** What the caller asked for and where its answer goes. */
export interface CallRequest {
  readonly contract: Contract;
  readonly operation: CompiledOperation;
  readonly input: unknown;
  readonly origin: Origin;
  readonly deadlineAt: number;
  /** The whole time the call was given. */
  readonly timeoutMs: number;
  readonly idempotencyKey: string | undefined;
  readonly router: CallRouter;
  readonly wheel: DeadlineWheel;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: ReeveError) => void;
}

/**
 * One call, from the caller's ref to the callee's handler and back. It is the event sent to the manager's actor, the
 * mailbox's entry, the wheel's entry and the link of the chain at once: a local call allocates no more than this, its
 * promise and its context.
 */
export class Call implements MailboxEntry, WheelEntry, Origin {
  readonly type = "call";
  readonly contract: Contract;
  readonly operation: CompiledOperation;
  /** As the caller wrote it. */
  readonly input: unknown;
  /** What the callee's schema made of it. */
  parsed: unknown = undefined;
  readonly origin: Origin;
  readonly parent: ChainLink | undefined;
  readonly idempotencyKey: string | undefined;
  readonly timeoutMs: number;
  deadlineAt: number;
  /** How often it was sent on to another callee. */
  hops = 0;

  manager = "";
  lane: string | undefined = undefined;
  place: MailboxEntry["place"] = "outside";
  holdsSlot = false;
  startedAt = 0;
  listPrevious: Linked | undefined = undefined;
  listNext: Linked | undefined = undefined;
  wheelPrevious: WheelEntry | undefined = undefined;
  wheelNext: WheelEntry | undefined = undefined;

  settled = false;
  host: CallHost | undefined = undefined;
  #requestId: string | undefined = undefined;
  #controller: AbortController | undefined = undefined;
  /** Why it ended before its handler did. */
  abortReason: ReeveError | undefined = undefined;
  #nested: Set<{ cancel(reason: unknown): void }> | undefined = undefined;
  #onSettled: (() => void) | undefined = undefined;
  /** Where a stream's progress goes. */
  progress: ProgressSink | undefined = undefined;
  /** Told once the callee has taken a cast in. */
  accepted: (() => void) | undefined = undefined;
  /** Told how the handler ended, even after the caller has gone. */
  recorded: ((settlement: Settlement) => void) | undefined = undefined;
  readonly #wheel: DeadlineWheel;
  readonly #router: CallRouter;
  readonly #resolve: (value: unknown) => void;
  readonly #reject: (error: ReeveError) => void;

  constructor(request: CallRequest) {
    this.contract = request.contract;
    this.operation = request.operation;
    this.input = request.input;
    this.origin = request.origin;
    this.parent = request.origin.link;
    this.idempotencyKey = request.idempotencyKey;
    this.timeoutMs = request.timeoutMs;
    this.deadlineAt = request.deadlineAt;
    this.#wheel = request.wheel;
    this.#router = request.router;
    this.#resolve = request.resolve;
    this.#reject = request.reject;
    this.#wheel.add(this);
  }

  get waits(): boolean {
    return this.origin.waits;
  }

  get link(): ChainLink {
    return this;
  }

  get peer(): string {
    return this.origin.peer;
  }

  get principal(): Principal {
    return this.origin.principal;
  }

  get requestId(): string {
    this.#requestId ??= this.origin.requestId ?? this.#router.newRequestId();
    return this.#requestId;
  }

  /** Aborts on deadline, cancel and loss of the caller. Made when first asked for: most handlers never do. */
  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      if (this.abortReason !== undefined) this.#controller.abort(this.abortReason);
    }
    return this.#controller.signal;
  }

  adopt(nested: { cancel(reason: unknown): void }): () => void {
    this.#nested ??= new Set();
    this.#nested.add(nested);
    return () => this.#nested?.delete(nested);
  }

  onSettled(callback: () => void): void {
    const earlier = this.#onSettled;
    this.#onSettled = earlier
      ? () => {
          earlier();
          callback();
        }
      : callback;
  }

  succeed(value: unknown): void {
    if (this.settled) return;
    this.#settle();
    this.#resolve(value);
  }

  fail(error: ReeveError): void {
    if (this.settled) return;
    this.#settle();
    this.#reject(error);
  }

  /** The callee will not run it; another may. */
  refuse(error: ReeveError): void {
    if (this.settled) return;
    this.host = undefined;
    if (!this.#router.redirect(this, error)) this.fail(error);
  }

  expire(): void {
    const outcome = this.#outcome();
    this.#abandon(
      reeveError(
        "DEADLINE_EXCEEDED",
        `${this.#name()}: the deadline passed${outcome === "not-executed" ? " before it ran" : ""}`,
        { outcome },
      ),
    );
  }

  cancel(reason: unknown): void {
    if (this.settled) return;
    this.#abandon(
      reeveError("CANCELLED", `${this.#name()}: cancelled by its caller`, { outcome: this.#outcome(), cause: reason }),
    );
  }

  /** Ends the caller's wait and aborts the handler; the handler may go on until it notices. */
  abort(error: ReeveError): void {
    this.#abandon(error);
  }

  #abandon(error: ReeveError): void {
    if (this.settled) return;
    this.abortReason = error;
    this.fail(error);
    this.host?.abandoned(this);
    this.#controller?.abort(error);
    if (this.#nested) for (const nested of [...this.#nested]) nested.cancel(error);
  }

  #settle(): void {
    this.settled = true;
    this.#wheel.remove(this);
    this.#onSettled?.();
  }

  #outcome(): Outcome {
    if (this.place === "running") return "maybe-executed";
    return this.manager === "" ? "never-sent" : "not-executed";
  }

  #name(): string {
    return this.manager === "" ? this.operation.name : `${this.manager}: ${this.operation.name}`;
  }
}
