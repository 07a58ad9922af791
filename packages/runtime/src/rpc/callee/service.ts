import { type Contract, type ReeveError, reeveError } from "@reeve/contract";
import { describeIssues, issuesOf } from "@reeve/contract/internal";
import { Mailbox, type MailboxLimits } from "../../mailbox/mailbox.ts";
import type { CallHost } from "../call-host.ts";
import { ownCopy } from "../copy-shared.ts";
import type { Behaviour, RefusedCall } from "./behaviour.ts";
import { Handlers } from "./handlers.ts";
import type { ReceivedCall } from "./received-call.ts";
import { failureOf } from "./redact-failure.ts";
import { RepetitionRights } from "./repetition-rights.ts";
import { ReplayMemory } from "./replay-memory.ts";
import { roleRefusal } from "./rights.ts";
import { Runner, type RunnerOptions } from "./runner.ts";
import { isPending, type Served, servedBy, type Validated } from "./served.ts";

export type { Behaviour } from "./behaviour.ts";

export interface ServiceOptions extends RunnerOptions {
  readonly contract: Contract;
  readonly limits: MailboxLimits;
  /** The lifecycle state, for refusals. */
  state(): string;
  /** A call lacks the roles that its operation asks for. Default: nobody is told. */
  onForbidden?(refusal: RefusedCall): void;
}

/** Where the calls for one incarnation come in: checks and queues them; a {@link Runner} has those whose turn has come. Never throws. */
export class Service implements CallHost<ReceivedCall> {
  readonly mailbox: Mailbox<ReceivedCall>;
  readonly runner: Runner<ReceivedCall>;
  /** `manager/address`. */
  readonly key: string;
  readonly #options: ServiceOptions;
  readonly #operations: ReadonlyMap<string, Served>;
  readonly #handlers: Handlers;
  /** Made when the first key is given: most managers see none for long. */
  #replays: ReplayMemory | undefined;
  #repetitions: RepetitionRights | undefined;
  #calls = 0;
  /** Calls whose input is being checked by an asynchronous schema. */
  #checking = 0;

  constructor(options: ServiceOptions) {
    const { contract, address, limits, clock, state } = options;
    this.key = `${contract.name}/${address}`;
    this.#options = options;
    this.#operations = servedBy(contract);
    this.#handlers = new Handlers(this.key, options);
    this.runner = new Runner(this.key, options, this.#handlers, {
      running: () => this.mailbox.running(),
      leave: (call) => this.mailbox.leave(call),
      unrun: (call, error, elsewhere) => this.#unrun(call, error, elsewhere),
    });
    this.mailbox = new Mailbox<ReceivedCall>(limits, {
      clock,
      state,
      run: (call) => this.runner.run(call),
      refuse: (call, error) => this.#unrun(call, error, true),
    });
  }

  /** Calls taken in, and handlers that failed, since the start. */
  get counters(): { readonly calls: number; readonly errors: number } {
    return { calls: this.#calls, errors: this.runner.errors };
  }

  /** Gives the handlers; calls wait in the paused mailbox until then. */
  provide(behaviour: Behaviour): void {
    this.#handlers.provide(behaviour);
  }

  receive(call: ReceivedCall): void {
    // It may have had to queue up before the door, and been given up there.
    if (call.settled) return;
    this.#calls++;
    this.#take(call);
  }

  /** It had not run yet. */
  abandoned(call: ReceivedCall): void {
    if (call.accepted) this.runner.logLost(call, call.abortReason!);
    this.mailbox.withdraw(call);
    for (const repetition of this.#forgotten(call)) this.#take(repetition);
  }

  /** Ends every call that waits or runs here: this incarnation is gone. What waits may go elsewhere. */
  abandonAll(error: ReeveError): void {
    this.mailbox.setMode("closed");
    for (const call of this.mailbox.entries()) call.abort(error);
    for (const call of this.#replays?.close() ?? []) call.fail(error);
    this.runner.close();
  }

  #take(call: ReceivedCall): void {
    call.taken(this, this.key);
    const { served } = call;
    const offered = served.contract === this.#options.contract ? served : this.#operations.get(served.operation.name);
    if (offered === undefined) return this.#unrun(call, this.#unknown(served.operation.name), false);
    call.offered = offered;
    if (offered.roles !== undefined) {
      const forbidden = roleRefusal(call, offered, this.key, this.#options.address);
      if (forbidden) return this.#forbid(call, forbidden);
    }
    if (call.idempotencyKey !== undefined) {
      const asks = this.#handlers.authorizes || call.acknowledges !== undefined;
      if (asks && this.#onlyRepeats(call)) return this.#askAboutRepetition(call, offered);
      if (this.#repeats(call)) return;
    }
    const refusal = this.mailbox.refusalOf(call);
    if (refusal) return this.#unrun(call, refusal, true);
    this.#check(call, offered);
  }

  #forbid(call: ReceivedCall, error: ReeveError): void {
    const { operation, input, caller: peer, remoteCaller: remote, principal, requestId } = call;
    this.#options.onForbidden?.({ operation: operation.name, input, peer, remote, principal, requestId, error });
    this.#unrun(call, error, false);
  }

  /** Has the schema look at the input. What it makes of a hostile one, it may throw as well. */
  #check(call: ReceivedCall, offered: Served): void {
    let parsed: Validated | Promise<Validated>;
    try {
      parsed = offered.input.validate(call.input);
    } catch (thrown) {
      return this.#broken(call, thrown);
    }
    if (isPending(parsed)) this.#checkLater(call, parsed);
    else this.#admit(call, offered, parsed);
  }

  /** While it is checked the call is in no queue, so these are bounded here; the order of arrival counts from the end of the check. */
  #checkLater(call: ReceivedCall, parsed: Promise<Validated>): void {
    const { maxQueued } = this.#options.limits;
    if (this.#checking > maxQueued) {
      parsed.catch(() => undefined);
      const error = reeveError("MAILBOX_FULL", `${this.key} has ${this.#checking} inputs to check; try again later`, {
        data: { queued: this.#checking, retryAfterMs: 100 },
      });
      return this.#unrun(call, error, true);
    }
    this.#checking++;
    parsed.then(
      (result) => {
        this.#checking--;
        this.#admit(call, call.offered!, result);
      },
      (thrown: unknown) => {
        this.#checking--;
        this.#broken(call, thrown);
      },
    );
  }

  #askAboutRepetition(call: ReceivedCall, offered: Served): void {
    call.join();
    this.#repetitions ??= new RepetitionRights(this.key, this.#options.limits.maxQueued, {
      requireRepeatable: (repetition, operation) => this.#handlers.requireRepeatable(repetition, operation),
      invalid: (operation, issues) => this.#invalid(operation, issues),
      unrun: (repetition, error, elsewhere) => this.#unrun(repetition, error, elsewhere),
      broken: (repetition, thrown) => this.#broken(repetition, thrown),
      take: (repetition) => this.#take(repetition),
    });
    void this.#repetitions.ask(call, offered);
  }

  /** It would join an earlier call and never come to the runner, which asks about all others. */
  #onlyRepeats(call: ReceivedCall): boolean {
    return this.#replays?.has(call) === true && !this.#repetitions?.allows(call);
  }

  #admit(call: ReceivedCall, offered: Served, parsed: Validated): void {
    if (call.settled) return;
    if (parsed.issues) return this.#unrun(call, this.#invalid(offered, parsed.issues), false);
    try {
      call.parsed = ownCopy(parsed.value, call.input, offered.flatInput);
      if (offered.operation.lane !== undefined) call.lane = laneOf(offered.operation.lane, call.parsed);
    } catch (thrown) {
      return this.#broken(call, thrown);
    }
    this.mailbox.admit(call);
    if (call.waiting !== undefined) this.#waits(call, offered);
  }

  /** It may wait for long: its time runs from now, and a cast is accepted unless the owner, or the manager's `authorize`, is yet to be asked. */
  #waits(call: ReceivedCall, { operation }: Served): void {
    call.watchDeadline(this.#options.clock.now());
    if (operation.route !== "owner" && !this.#handlers.authorizes) call.accept();
  }

  /** Its handler did not begin and will not. @param elsewhere whether another callee may take the call */
  #unrun(call: ReceivedCall, error: ReeveError, elsewhere: boolean): void {
    const handedOver = call.accepted && !call.settled;
    const repetitions = this.#forgotten(call);
    const failure = elsewhere ? call.refuse(error) : error;
    if (failure && handedOver) this.runner.logLost(call, failure);
    if (failure) call.fail(failure);
    for (const repetition of repetitions) this.#take(repetition);
  }

  /** The input could not even be checked; the manager's code is at fault, not the caller. */
  #broken(call: ReceivedCall, thrown: unknown): void {
    this.#unrun(call, failureOf(thrown, call.offered!.operation, "not-executed", this.#options), false);
  }

  #repeats(call: ReceivedCall): boolean {
    const { clock, limits } = this.#options;
    this.#replays ??= new ReplayMemory(clock, { maxJoined: limits.maxQueued });
    return this.#replays.joins(call);
  }

  /** The calls that had joined this one, which never ran: they are free to. */
  #forgotten(call: ReceivedCall): readonly ReceivedCall[] {
    return call.replay ? this.#replays!.forget(call) : none;
  }

  #unknown(name: string): ReeveError {
    const { address } = this.#options;
    return reeveError("UNKNOWN_OPERATION", `${this.key} has no operation ${JSON.stringify(name)}`, { address });
  }

  #invalid({ operation }: Served, found: NonNullable<Validated["issues"]>): ReeveError {
    const issues = issuesOf(found);
    return reeveError("INVALID_INPUT", `${this.key}: ${operation.name}: ${describeIssues(issues)}`, {
      data: { issues },
      address: this.#options.address,
    });
  }
}

const none: readonly ReceivedCall[] = [];

function laneOf(lane: (input: unknown) => string, input: unknown): string {
  const name = lane(input);
  if (typeof name !== "string") throw new TypeError(`lane must return text, not ${typeof name}`);
  return name;
}
