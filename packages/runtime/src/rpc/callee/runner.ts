import { type CompiledOperation, describeIssues, issuesOf, type ReeveError, reeveError } from "@reeve/contract";
import type { Clock } from "../../base/clock.ts";
import type { Ids } from "../../base/ids.ts";
import { isAddress, shown } from "../../config/index.ts";
import type { Logger } from "../../telemetry/logger.ts";
import type { Call } from "../call.ts";
import { ownCopy } from "../copy-shared.ts";
import type { Authorize, Behaviour, StoredKeys } from "./behaviour.ts";
import { CallContext, type RefMaker } from "./context.ts";
import type { CurrentCall } from "./current-call.ts";
import { deepFreeze } from "./freeze.ts";
import { failureOf } from "./redact-failure.ts";
import { requireAuthorized } from "./rights.ts";
import { isPending, type Served, type Validated } from "./served.ts";
import { drive } from "./stream-driver.ts";
import { departed, Unrun } from "./unrun.ts";

interface RunnerOptions {
  readonly address: string;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Logger;
  readonly refs: RefMaker;
  readonly freeze: boolean;
  readonly keys: StoredKeys | undefined;
  /** Told which call runs, where the behaviour journals work. */
  readonly current?: CurrentCall | undefined;
}

/** Told once how each call that was run has ended. */
export interface RunnerPort {
  succeeded(call: Call, value: unknown): void;
  failed(call: Call, error: ReeveError): void;
  /** Its handler was not begun. */
  unrun(call: Call, error: ReeveError, elsewhere: boolean): void;
}

/** Runs the handlers of one incarnation: checks the owner where one is asked for, and the answer. Never throws. */
export class Runner {
  readonly #key: string;
  readonly #options: RunnerOptions;
  readonly #port: RunnerPort;
  #behaviour: Behaviour | undefined;
  #authorize: Authorize | undefined;
  #current: CurrentCall | undefined;
  #errors = 0;

  constructor(key: string, options: RunnerOptions, port: RunnerPort) {
    this.#key = key;
    this.#options = options;
    this.#port = port;
  }

  /** Handlers that failed. */
  get errors(): number {
    return this.#errors;
  }

  provide(behaviour: Behaviour): void {
    this.#behaviour = behaviour;
    this.#current = Object.keys(behaviour.recover ?? {}).length > 0 ? this.#options.current : undefined;
    this.#authorize = behaviour.authorize?.bind(behaviour);
  }

  /** Whether the manager is asked about each call before its handler begins. */
  get authorizes(): boolean {
    return this.#authorize !== undefined;
  }

  /** @throws Unrun where the manager does not allow it */
  requireAuthorized(call: Call, offered: Served): Promise<void> {
    return requireAuthorized(this.#authorize!, call, offered, this.#options);
  }

  run(call: Call): void {
    const offered = call.offered!;
    let answer: unknown;
    try {
      answer =
        offered.direct && this.#authorize === undefined
          ? this.#handleDirectly(call, offered)
          : this.#handleIndirectly(call, offered);
      // Query builders and older libraries have promises of their own.
      if (!(answer instanceof Promise) && isThenable(answer)) answer = Promise.resolve(answer);
    } catch (thrown) {
      return this.#threw(call, offered, thrown);
    }
    if (answer instanceof Promise) {
      answer.then(
        (value) => this.#answered(call, offered, value),
        (thrown: unknown) => this.#threw(call, offered, thrown),
      );
    } else {
      this.#answered(call, offered, answer);
    }
  }

  #handleDirectly(call: Call, offered: Served): unknown {
    const current = this.#current;
    return current === undefined
      ? this.#handle(call, offered)
      : current.during(call, () => this.#handle(call, offered));
  }

  #handle(call: Call, { operation }: Served): unknown {
    const { operations } = this.#behaviour!;
    return operations[operation.name]!(call.parsed, new CallContext(call, this.#options));
  }

  /** What the most common kind of operation does not need. */
  async #handleIndirectly(call: Call, offered: Served): Promise<unknown> {
    const { operation } = offered;
    if (operation.route === "owner") await this.#requireOwnership(call, operation);
    if (this.#authorize !== undefined) await this.requireAuthorized(call, offered);
    const begin = async (): Promise<unknown> => {
      call.accept();
      const answer = this.#handle(call, offered);
      return operation.kind === "stream" ? drive(answer, offered, call, this.#options.log) : answer;
    };
    const current = this.#current;
    const run = current === undefined ? begin : () => current.during(call, begin);
    const { keys } = this.#options;
    if (operation.dedupe === "store" && call.idempotencyKey !== undefined && keys) return keys.once(call, run);
    return run();
  }

  async #requireOwnership(call: Call, operation: CompiledOperation): Promise<void> {
    const { address } = this.#options;
    const field = `${this.#key}: ${operation.name}`;
    let owner: unknown;
    try {
      owner = await this.#behaviour!.owner!(call.parsed);
    } catch (thrown) {
      throw new Unrun(failureOf(thrown, operation, "not-executed", this.#options), false);
    }
    // Its deadline may have passed while the owner was looked up: what is not awaited any more must not begin.
    if (call.settled) throw departed(call);
    if (owner === address) return;
    if (owner === null)
      throw new Unrun(reeveError("NO_OWNER", `${field}: nobody owns what it is about`, { address }), false);
    if (!isAddress(owner)) throw new Unrun(this.#noAddress(owner, operation), false);
    const { whenOwnerGone } = this.#behaviour!;
    const data = whenOwnerGone === undefined ? { owner } : { owner, whenGone: whenOwnerGone };
    throw new Unrun(reeveError("MOVED", `${field}: ${owner} owns it`, { data, address }), true);
  }

  /** The manager is at fault, neither the call nor whoever would be looked for under that name. */
  #noAddress(owner: unknown, { name }: CompiledOperation): ReeveError {
    const { address, log } = this.#options;
    this.#errors++;
    const message = `${this.#key}: ${name}: the manager's owner function gave ${shown(owner)}, which is no address; it must return "host", "host@backend" or null`;
    const error = reeveError("OWNER_FAILED", message, { data: { manager: this.#key, operation: name }, address });
    log.error({ err: error, operation: name }, "a manager's owner function gave no address");
    return error;
  }

  #answered(call: Call, offered: Served, value: unknown): void {
    const { output } = offered;
    const awaited = !call.settled || call.replay !== undefined;
    if (output === undefined || !awaited) return this.#port.succeeded(call, undefined);
    let parsed: Validated | Promise<Validated>;
    try {
      parsed = output.validate(value);
    } catch (thrown) {
      return this.#threw(call, offered, thrown);
    }
    if (isPending(parsed)) {
      parsed.then(
        (result) => this.#checked(call, offered, value, result),
        (thrown: unknown) => this.#threw(call, offered, thrown),
      );
    } else {
      this.#checked(call, offered, value, parsed);
    }
  }

  #checked(call: Call, offered: Served, raw: unknown, parsed: Validated): void {
    if (parsed.issues) return this.#invalid(call, offered, parsed.issues);
    let value: unknown;
    try {
      value = ownCopy(parsed.value, raw, offered.flatOutput);
      if (this.#options.freeze) deepFreeze(value);
    } catch (thrown) {
      return this.#threw(call, offered, thrown);
    }
    this.#port.succeeded(call, value);
  }

  #invalid(call: Call, { operation }: Served, found: NonNullable<Validated["issues"]>): void {
    const { address, log } = this.#options;
    const issues = issuesOf(found);
    log.error({ operation: operation.name, issues }, "an operation's answer does not satisfy its own schema");
    this.#errors++;
    const message = `${this.#key}: ${operation.name}: ${describeIssues(issues)}`;
    this.#port.failed(call, reeveError("INVALID_OUTPUT", message, { data: { issues }, address }));
  }

  #threw(call: Call, { operation }: Served, thrown: unknown): void {
    if (thrown instanceof Unrun) return this.#port.unrun(call, thrown.error, thrown.elsewhere);
    this.#errors++;
    // A handler that heeds its signal ends like this: out of its own time, or with its incarnation. A repetition must not run it again.
    if (call.abortReason !== undefined && isAbort(thrown, call.abortReason)) {
      const message = `${this.#key}: ${operation.name}: a call with this key was ended while it ran`;
      return this.#port.failed(
        call,
        reeveError("DUPLICATE_KEY", message, { data: { state: "interrupted" }, cause: call.abortReason }),
      );
    }
    this.#port.failed(call, failureOf(thrown, operation, "executed", this.#options));
  }
}

function isThenable(answer: unknown): boolean {
  return typeof answer === "object" && answer !== null && "then" in answer && typeof answer.then === "function";
}

function isAbort(thrown: unknown, reason: ReeveError): boolean {
  return thrown === reason || (thrown instanceof Error && thrown.name === "AbortError");
}
