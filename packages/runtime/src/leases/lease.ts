import { type ReeveError, reeveError } from "@reeve/contract";
import type { TransactionHook } from "../store/index.ts";
import { isHeld, type LeaseAction, type LeaseEvent, type LeaseState, nextLeaseStep } from "./lease-state.ts";
import type { Moment } from "./moment.ts";

/** The incarnation that wants or holds a lease. */
export interface LeaseHolder {
  readonly manager: string;
  readonly address: string;
  readonly epoch: number;
  /** Refuses once the incarnation may not write any more. */
  readonly fence: TransactionHook;
  /** Told when a lease shows that. */
  readonly onFenced?: ((error: ReeveError) => void) | undefined;
}

/**
 * A lease that is held, until it is released, lost, or its incarnation ends. One holder at a time, by the database's clock: a holder
 * that was paused learns of its loss only when it goes on, so what must not be done twice is refused by `epoch` where it is done.
 */
export interface HeldLease extends AsyncDisposable {
  /** Higher than that of every holder of this name before: a token for a device that refuses lower ones. */
  readonly epoch: number;
  /** Aborts with `LEASE_LOST` when it may be another's: no renewal was confirmed for 4 s, or its incarnation has ended. */
  readonly signal: AbortSignal;
  /**
   * Whether it may be relied on at this moment. It asks the clock: right after a pause, when no timer has run yet, `signal` has
   * not aborted though the lease is lost.
   */
  isHeld(): boolean;
  /** Lets the next one have it at once. Again, or after its loss, it does nothing. Never rejects: where the database is away it expires. */
  release(): Promise<void>;
}

export interface LeaseSpec {
  readonly name: string;
  readonly holder: LeaseHolder;
  readonly fences: boolean;
  readonly resumes: boolean;
  /** Whether the last confirmed renewal was sent too long ago. */
  readonly isOverdue: (confirmedAt: Moment) => boolean;
  /** Told of each thing that others have to do. */
  readonly onAction: (lease: Lease, action: LeaseAction) => void;
  /** @throws ReeveError `STORE_MISUSE` inside a transaction, which would wait for itself */
  readonly refuseInside: () => void;
}

/** One lease that somebody of this process wants or holds. */
export class Lease implements HeldLease {
  readonly options: LeaseSpec;
  /** Resolves when it is held. */
  readonly granted: Promise<HeldLease>;
  /** When the last renewal was sent that was confirmed. */
  confirmedAt: Moment = { now: 0, sinceBoot: 0 };
  #state: LeaseState = "waiting";
  #epoch = 0;
  readonly #lost = new AbortController();
  readonly #settleGranted: PromiseWithResolvers<HeldLease>;
  readonly #finished = Promise.withResolvers<void>();
  /** Resolves when it was let go of, or will not be held. */
  readonly over: Promise<void> = this.#finished.promise;

  constructor(options: LeaseSpec) {
    this.options = options;
    this.#settleGranted = Promise.withResolvers();
    this.granted = this.#settleGranted.promise;
  }

  get name(): string {
    return this.options.name;
  }

  get state(): LeaseState {
    return this.#state;
  }

  get epoch(): number {
    return this.#epoch;
  }

  get signal(): AbortSignal {
    return this.#lost.signal;
  }

  isHeld(): boolean {
    if (isHeld(this.#state) && this.options.isOverdue(this.confirmedAt)) this.tell("elapsed");
    return isHeld(this.#state);
  }

  release(): Promise<void> {
    this.options.refuseInside();
    this.tell("release");
    return this.over;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }

  /** The database has given it to this one. */
  grant(epoch: number, sentAt: Moment, late: boolean): void {
    this.#epoch = epoch;
    this.confirmedAt = sentAt;
    this.tell(late ? "grantedLate" : "granted");
  }

  /** @param why for whoever waits for it, or does something under it */
  tell(event: LeaseEvent, why?: unknown): void {
    const [state, ...actions] = nextLeaseStep(this.#state, event) ?? [];
    if (state === undefined) return;
    this.#state = state;
    for (const action of actions) {
      if (action === "resolve") this.#settleGranted.resolve(this);
      if (action === "reject") this.#settleGranted.reject(why);
      if (action === "abort") this.#lost.abort(this.#lossBy(event, why));
      this.options.onAction(this, action);
    }
    if (state === "released" || state === "withdrawn") this.#finished.resolve();
  }

  #lossBy(event: LeaseEvent, cause: unknown): ReeveError {
    const why = {
      elapsed: "no renewal was confirmed in time",
      gone: "the database says that this process holds it no longer",
      ended: "its incarnation has ended, or was fenced",
    }[event as "elapsed" | "gone" | "ended"];
    return reeveError("LEASE_LOST", `lease "${this.name}" of epoch ${this.#epoch}: ${why}`, { cause });
  }
}
