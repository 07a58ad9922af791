import {
  type CompiledOperation,
  type Contract,
  describeIssues,
  issuesOf,
  type ReeveError,
  reeveError,
  type Schema,
} from "@reeve/contract";
import type { Clock } from "../base/clock.ts";
import type { DeadlineWheel } from "../base/deadline-wheel.ts";
import type { Ids } from "../base/ids.ts";
import { Mailbox, type MailboxLimits } from "../mailbox/mailbox.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { Call, CallHost, Settlement } from "./call.ts";
import { CallContext, type RefMaker } from "./context.ts";
import { failureOf } from "./failure.ts";
import { deepFreeze } from "./freeze.ts";
import { HungWatch } from "./hung-watch.ts";
import { ReplayMemory } from "./replay-memory.ts";
import { drive } from "./stream-driver.ts";

export type Handler = (input: any, context: CallContext) => unknown;

/** What a manager offers once its set-up has run. */
export interface Behaviour {
  readonly operations: Readonly<Record<string, Handler>>;
  readonly owner?: ((input: any) => Promise<string | null> | string | null) | undefined;
}

/** Runs a call with a stored idempotency key at most once, whatever crashes in between. */
export interface StoredKeys {
  once(call: Call, run: () => Promise<unknown>): Promise<unknown>;
}

export interface ServiceOptions {
  readonly contract: Contract;
  readonly address: string;
  readonly limits: MailboxLimits;
  readonly clock: Clock;
  readonly wheel: DeadlineWheel;
  readonly ids: Ids;
  readonly log: Logger;
  readonly refs: RefMaker;
  /** Freeze what handlers return, so that a caller in this process cannot change the manager's own objects. */
  readonly freeze: boolean;
  readonly keys: StoredKeys | undefined;
  /** The lifecycle state, for refusals. */
  state(): string;
  /** An operation outlived twice its deadline. */
  onHung(operation: string): void;
  /** No operation hangs any more. */
  onUnhung(): void;
}

interface Served {
  readonly operation: CompiledOperation;
  readonly parseInput: Schema["~standard"]["validate"];
  readonly parseOutput: Schema["~standard"]["validate"] | undefined;
}

/** The callee's side of one incarnation: takes calls in, checks them, runs their handlers and answers. Never throws. */
export class Service implements CallHost {
  readonly mailbox: Mailbox<Call>;
  /** `manager/address`. */
  readonly key: string;
  readonly #options: ServiceOptions;
  readonly #served: ReadonlyMap<string, Served>;
  readonly #replays: ReplayMemory;
  readonly #hung: HungWatch;
  #behaviour: Behaviour | undefined;
  #calls = 0;
  #errors = 0;

  constructor(options: ServiceOptions) {
    this.#options = options;
    this.key = `${options.contract.name}/${options.address}`;
    this.#served = new Map(
      [...options.contract.operations].map(([name, operation]) => [
        name,
        {
          operation,
          parseInput: operation.input["~standard"].validate,
          parseOutput: operation.output?.["~standard"].validate,
        },
      ]),
    );
    this.#replays = new ReplayMemory(options.clock);
    this.#hung = new HungWatch(options);
    this.mailbox = new Mailbox<Call>(options.limits, {
      clock: options.clock,
      run: (call) => this.#run(call),
      refuse: (call, error) => {
        this.#record(call, { ok: false, error });
        call.refuse(error);
      },
      state: options.state,
    });
  }

  /** Calls taken in and failed since the start. */
  get counters(): { readonly calls: number; readonly errors: number } {
    return { calls: this.#calls, errors: this.#errors };
  }

  /** Gives the handlers; calls wait in the paused mailbox until then. */
  provide(behaviour: Behaviour): void {
    this.#behaviour = behaviour;
  }

  receive(call: Call): void {
    this.#calls++;
    call.manager = this.key;
    const served = this.#served.get(call.operation.name);
    if (!served) {
      return call.fail(
        reeveError("UNKNOWN_OPERATION", `${this.key} has no operation ${JSON.stringify(call.operation.name)}`, {
          address: this.#options.address,
        }),
      );
    }
    if (call.idempotencyKey !== undefined && this.#replayed(call, call.idempotencyKey)) return;
    // A full mailbox refuses before any work is spent on the call.
    if (this.mailbox.full) return this.mailbox.admit(call);
    const parsed = served.parseInput(call.input);
    if (parsed instanceof Promise) {
      parsed.then(
        (result) => this.#admit(call, served, result),
        (error: unknown) => this.#fail(call, served.operation, error),
      );
    } else {
      this.#admit(call, served, parsed);
    }
  }

  abandoned(call: Call): void {
    if (call.place === "running") return this.#hung.watch(call);
    this.mailbox.withdraw(call);
    this.#record(call, { ok: false, error: call.abortReason! });
  }

  /** Ends every call that waits or runs here: this incarnation is gone. */
  abandonAll(error: ReeveError): void {
    for (const call of this.mailbox.entries()) call.abort(error);
    this.#hung.close();
  }

  #admit(call: Call, served: Served, parsed: Awaited<ReturnType<Served["parseInput"]>>): void {
    if (call.settled) return;
    if (parsed.issues) {
      const issues = issuesOf(parsed.issues);
      return call.fail(
        reeveError("INVALID_INPUT", `${this.key}: ${served.operation.name}: ${describeIssues(issues)}`, {
          data: { issues },
          address: this.#options.address,
        }),
      );
    }
    call.parsed = parsed.value;
    if (served.operation.lane !== undefined) {
      try {
        call.lane = served.operation.lane(parsed.value);
      } catch (error) {
        return this.#fail(call, served.operation, error);
      }
    }
    call.host = this;
    this.mailbox.admit(call);
    if (call.host === this) call.accepted?.();
  }

  #run(call: Call): void {
    const { operation, parseOutput } = this.#served.get(call.operation.name)!;
    let answer: unknown;
    try {
      answer =
        operation.route === "any" && operation.dedupe === undefined && operation.kind === "call"
          ? this.#handle(call, operation)
          : this.#handleSpecially(call, operation);
    } catch (thrown) {
      return this.#ended(call, operation, thrown);
    }
    if (!(answer instanceof Promise)) return this.#answer(call, operation, parseOutput, answer);
    answer.then(
      (value) => this.#answer(call, operation, parseOutput, value),
      (thrown: unknown) => this.#ended(call, operation, thrown),
    );
  }

  #handle(call: Call, operation: CompiledOperation): unknown {
    const { refs, log } = this.#options;
    return this.#behaviour!.operations[operation.name]!(call.parsed, new CallContext(call, operation, refs, log));
  }

  /** Everything that the most common kind of operation does not need. */
  async #handleSpecially(call: Call, operation: CompiledOperation): Promise<unknown> {
    if (operation.route === "owner") await this.#checkOwner(call);
    const run = async (): Promise<unknown> => {
      const answer = this.#handle(call, operation);
      return operation.kind === "stream" ? drive(answer, operation, call) : answer;
    };
    if (operation.dedupe === "store" && call.idempotencyKey !== undefined && this.#options.keys) {
      return this.#options.keys.once(call, run);
    }
    return run();
  }

  async #checkOwner(call: Call): Promise<void> {
    const { address } = this.#options;
    const owner = await this.#behaviour!.owner!(call.parsed);
    if (owner === address) return;
    if (owner === null || owner === undefined) {
      throw new Refusal(
        reeveError("NO_OWNER", `${this.key}: ${call.operation.name}: nobody owns ${JSON.stringify(call.input)}`, {
          address,
        }),
      );
    }
    throw new Refusal(
      reeveError("MOVED", `${this.key}: ${call.operation.name}: ${owner} owns it`, { data: { owner }, address }),
    );
  }

  #answer(call: Call, operation: CompiledOperation, parseOutput: Served["parseOutput"], value: unknown): void {
    if (parseOutput === undefined) return this.#succeeded(call, undefined);
    let parsed: ReturnType<Schema["~standard"]["validate"]>;
    try {
      parsed = parseOutput(value);
    } catch (thrown) {
      return this.#ended(call, operation, thrown);
    }
    if (parsed instanceof Promise) {
      parsed.then(
        (result) => this.#deliver(call, operation, result),
        (thrown: unknown) => this.#ended(call, operation, thrown),
      );
    } else {
      this.#deliver(call, operation, parsed);
    }
  }

  #deliver(
    call: Call,
    operation: CompiledOperation,
    parsed: Awaited<ReturnType<Schema["~standard"]["validate"]>>,
  ): void {
    if (!parsed.issues) return this.#succeeded(call, parsed.value);
    const issues = issuesOf(parsed.issues);
    this.#options.log.error(
      { operation: operation.name, issues },
      "an operation's answer does not satisfy its own schema",
    );
    this.#ended(
      call,
      operation,
      reeveError("INVALID_OUTPUT", `${this.key}: ${operation.name}: ${describeIssues(issues)}`, { data: { issues } }),
    );
  }

  #succeeded(call: Call, value: unknown): void {
    this.#left(call);
    if (this.#options.freeze) deepFreeze(value);
    if (call.recorded) this.#record(call, { ok: true, value });
    call.succeed(value);
  }

  #ended(call: Call, operation: CompiledOperation, thrown: unknown): void {
    this.#left(call);
    if (!(thrown instanceof Refusal)) return this.#fail(call, operation, thrown);
    this.#record(call, { ok: false, error: thrown.error });
    call.refuse(thrown.error);
  }

  #fail(call: Call, operation: CompiledOperation, thrown: unknown): void {
    this.#errors++;
    const { address, log, ids } = this.#options;
    const failure = failureOf(thrown, operation, address, log, ids);
    if (call.settled)
      log.debug({ err: failure, operation: operation.name }, "an operation failed after its caller had gone");
    this.#record(call, { ok: false, error: failure });
    call.fail(failure);
  }

  #left(call: Call): void {
    this.mailbox.leave(call);
    this.#hung.left(call);
  }

  /** Joins a call whose key was seen before; otherwise remembers this one. */
  #replayed(call: Call, idempotencyKey: string): boolean {
    const key = replayKey(call.operation, idempotencyKey);
    const earlier = this.#replays.recall(key);
    if (earlier) {
      void earlier.then((settlement) => (settlement.ok ? call.succeed(settlement.value) : call.fail(settlement.error)));
      return true;
    }
    this.#replays.remember(key, new Promise((resolve) => (call.recorded = resolve)));
    return false;
  }

  #record(call: Call, settlement: Settlement): void {
    if (!call.recorded) return;
    call.recorded(settlement);
    call.recorded = undefined;
    // What never ran must be able to run when it is tried again.
    const unrun =
      !settlement.ok && (settlement.error.outcome === "not-executed" || settlement.error.outcome === "never-sent");
    if (unrun) this.#replays.forget(replayKey(call.operation, call.idempotencyKey!));
  }
}

/** Thrown inside the service where a call is refused although its turn had come. */
class Refusal {
  readonly error: ReeveError;

  constructor(error: ReeveError) {
    this.error = error;
  }
}

function replayKey(operation: CompiledOperation, idempotencyKey: string): string {
  return `${operation.name} ${idempotencyKey}`;
}
