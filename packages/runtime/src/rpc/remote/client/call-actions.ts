import type { ReeveError } from "@reeve/contract";
import type { Clock } from "../../../base/clock.ts";
import { elsewhereAfter, isServedElsewhere, isUndone } from "../../caller/elsewhere.ts";
import type { LocalTarget, RoutedCall } from "../../caller/routed-call.ts";
import { isSame, type Membership } from "../../membership.ts";
import { frameKind } from "../../wire/frame.ts";
import { AwaitingCalls } from "./awaiting-calls.ts";
import { calleeGone, nobodyThere, retold } from "./call-errors.ts";
import { CallFacts, settlingMs } from "./call-facts.ts";
import type { PendingCall } from "./pending-call.ts";
import { next } from "./remote-call.ts";
import type { Action, End, EventName } from "./remote-call-state.ts";
import { RemoteTarget } from "./remote-target.ts";
import { Resends } from "./resends.ts";
import type { RetryBudget } from "./retry-budget.ts";

export interface CallActionsOptions {
  readonly clock: Clock;
  readonly membership: Membership;
  readonly budget: RetryBudget;
  /** Puts it on its way under its number. */
  enqueue(pending: PendingCall): void;
  /** It has ended here. */
  forget(pending: PendingCall): void;
}

const settlingRetryMs = 100;
/** A callee that stays away for longer than that, and is not known to have ended, is tried this often. */
const cutOffRetryMs = 1_000;

/** Does what the table of a remote call says when something happens to one. */
export class CallActions {
  readonly #options: CallActionsOptions;
  readonly #resends: Resends;
  readonly #awaiting: AwaitingCalls;
  #linkUpAt = Number.NEGATIVE_INFINITY;

  constructor(options: CallActionsOptions) {
    this.#options = options;
    this.#resends = new Resends(options.clock, options.enqueue);
    this.#awaiting = new AwaitingCalls(options.membership, (pending) => this.#look(pending));
  }

  close(): void {
    this.#awaiting.close();
  }

  /** This process has its link again. */
  linkUp(): void {
    this.#linkUpAt = this.#options.clock.now();
  }

  /** It has ended: nobody looks for who may have it. */
  forget(pending: PendingCall): void {
    this.#awaiting.delete(pending);
  }

  /** @param error what the event says, where it says something */
  happened(pending: PendingCall, event: EventName, error?: ReeveError): Action | undefined {
    const { membership, clock } = this.#options;
    const { state, action, outcome } = next(
      pending.state,
      event,
      new CallFacts(pending, membership, clock, this.#linkUpAt),
    );
    pending.become(state);
    if (pending.settled) this.#options.forget(pending);
    if (action !== undefined) this.#act(pending, action, outcome, error);
    return action;
  }

  /** Nobody listened where these went, all of one message. */
  unheard(pendings: readonly PendingCall[]): void {
    const again = pendings.filter((pending) => this.happened(pending, "unheard") === "retry");
    const [one] = again;
    if (!one) return;
    const now = this.#options.clock.now();
    const { conversation } = one;
    conversation.unheardSince ??= now;
    const since = Math.max(conversation.unheardSince, this.#linkUpAt);
    this.#resends.addLater(again, now - since < settlingMs ? settlingRetryMs : cutOffRetryMs);
  }

  #act(pending: PendingCall, action: Action, outcome: End | undefined, error: ReeveError | undefined): void {
    if (action === "refuse") this.#refuse(pending.call, told(pending, outcome!, error));
    else if (action === "renew") outcome === "never-sent" ? this.#hand(pending) : this.#renew(pending);
    else if (action === "resend") this.#resends.add(pending);
    else if (action === "await") this.#awaiting.add(pending);
    else if (action === "resume") pending.resume();
    else if (action === "tellCancel") pending.tell(frameKind.cancel);
  }

  /** It may be tried elsewhere. */
  #refuse(call: RoutedCall, error: ReeveError): void {
    const where = elsewhereAfter(call, error);
    if (where === "nowhere" || (where === "another" && !this.#options.budget.withdraw())) return fail(call, error);
    if (isUndone(error) && !call.mayHaveRun) call.unsent();
    call.refuse(error);
  }

  /** Nothing of it ran, and another process has the address: it is sent there, and is no more work than it was. */
  #hand(pending: PendingCall): void {
    const { call, target } = pending;
    const error = nobodyThere(pending);
    const holder: LocalTarget | undefined = call.binding.targets.at(target.address);
    if (!(holder instanceof RemoteTarget) || holder === target) return this.#refuse(call, error);
    call.attempted(error);
    call.deliver(holder);
  }

  /** Under a new number: what became of the old one is an attempt of the call. */
  #renew(pending: PendingCall): void {
    const { call } = pending;
    const lost = calleeGone(pending);
    const target = this.#targetAt(pending);
    if (!target || !this.#options.budget.withdraw()) return fail(call, lost);
    call.attempted(lost);
    call.deliver(target);
  }

  /** Who serves at its address now, in another process. */
  #targetAt({ call, target }: PendingCall): RemoteTarget | undefined {
    const { manager, major, address } = target.member;
    const there = this.#options.membership.at(manager, major, address);
    const known: LocalTarget | undefined = call.binding.targets.at(address);
    // Membership may tell this room before those that list the targets.
    return there?.canServe && known instanceof RemoteTarget && isSame(known.member, there) ? known : undefined;
  }

  /** Somebody may have what waits. */
  #look(pending: PendingCall): void {
    const { conversation, call } = pending;
    const target = this.#targetAt(pending);
    // Its callee may know that it is gone before membership does.
    const returned = target && (conversation.gone || !isSame(target.member, conversation.member));
    if (returned) this.happened(pending, "returned");
    else if (isServedElsewhere(call)) this.happened(pending, "served");
  }
}

/** The error that its caller gets, unless it is tried elsewhere. */
function told(pending: PendingCall, outcome: End, error: ReeveError | undefined): ReeveError {
  if (!error) return outcome === "never-sent" ? nobodyThere(pending) : calleeGone(pending);
  if (outcome === "own" || (outcome === "own, if done" && !isUndone(error))) return error;
  return retold(error, outcome === "own, if done" ? "maybe-executed" : outcome);
}

function fail(call: RoutedCall, error: ReeveError): void {
  call.fail(isUndone(error) ? (call.mayHaveRun ?? error) : error);
}
