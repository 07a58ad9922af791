import { type ReeveError, reeveError } from "@reeve/contract";
import type { CompiledOperation } from "@reeve/contract/internal";
import type { Ids } from "../../base/ids.ts";
import { isAddress, shown } from "../../config/index.ts";
import type { Logger } from "../../telemetry/logger.ts";
import type { Authorize, Behaviour, StoredKeys } from "./behaviour.ts";
import { CallContext, type ContextPort } from "./context.ts";
import type { CurrentCall } from "./current-call.ts";
import { failureOf } from "./redact-failure.ts";
import { requireAuthorized } from "./rights.ts";
import type { RunningCall } from "./running-call.ts";
import type { Served } from "./served.ts";
import { drive } from "./stream-driver.ts";
import { departed, Unrun } from "./unrun.ts";

export interface HandlersOptions extends ContextPort {
  readonly address: string;
  /** The address that it shares with the members of its cluster. */
  readonly cluster: string | undefined;
  readonly ids: Ids;
  readonly log: Logger;
  readonly keys: StoredKeys | undefined;
  /** Told which call runs, where the behaviour journals work. */
  readonly current?: CurrentCall | undefined;
}

/** A manager's own code, and what is asked before it: who owns what the call is about, whether it may run, whether its key is known. */
export class Handlers {
  readonly #key: string;
  readonly #options: HandlersOptions;
  #behaviour: Behaviour | undefined;
  #authorize: Authorize | undefined;
  #current: CurrentCall | undefined;

  constructor(key: string, options: HandlersOptions) {
    this.#key = key;
    this.#options = options;
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
  requireAuthorized(call: RunningCall, offered: Served): Promise<void> {
    return requireAuthorized(this.#authorize!, call, offered, this.#options);
  }

  /**
   * What comes before a call joins an earlier one under its key: nobody asks or drops anything after that.
   *
   * @throws Unrun where the manager does not allow it, or the store does not drop what it acknowledges
   */
  async requireRepeatable(call: RunningCall, offered: Served): Promise<void> {
    if (this.#authorize !== undefined) await this.requireAuthorized(call, offered);
    if (call.acknowledges === undefined) return;
    try {
      await this.#options.keys?.acknowledge?.(call);
    } catch (thrown) {
      throw new Unrun(failureOf(thrown, offered.operation, "maybe-executed", this.#options), false);
    }
  }

  /**
   * Returns the answer, or a promise of it.
   *
   * @throws Unrun where the handler does not begin; else what the handler throws
   */
  handle(call: RunningCall, offered: Served): unknown {
    if (!offered.direct || this.#authorize !== undefined) return this.#handleIndirectly(call, offered);
    const current = this.#current;
    return current === undefined ? this.#begin(call, offered) : current.during(call, () => this.#begin(call, offered));
  }

  #begin(call: RunningCall, { operation }: Served): unknown {
    const { operations } = this.#behaviour!;
    return operations[operation.name]!(call.parsed, new CallContext(call, this.#options));
  }

  /** What the most common kind of operation does not need. */
  async #handleIndirectly(call: RunningCall, offered: Served): Promise<unknown> {
    const { operation } = offered;
    if (operation.route === "owner") await this.#requireOwnership(call, operation);
    if (this.#authorize !== undefined) await this.requireAuthorized(call, offered);
    const begin = async (): Promise<unknown> => {
      call.accept();
      const answer = this.#begin(call, offered);
      return operation.kind === "stream" ? drive(answer, offered, call, this.#options.log) : answer;
    };
    const current = this.#current;
    const run = current === undefined ? begin : () => current.during(call, begin);
    const { keys } = this.#options;
    if (operation.dedupe === "store" && call.idempotencyKey !== undefined && keys) return keys.once(call, run);
    return run();
  }

  async #requireOwnership(call: RunningCall, operation: CompiledOperation): Promise<void> {
    const { address, cluster } = this.#options;
    const field = `${this.#key}: ${operation.name}`;
    let owner: unknown;
    try {
      owner = await this.#behaviour!.owner!(call.parsed);
    } catch (thrown) {
      throw new Unrun(failureOf(thrown, operation, "not-executed", this.#options), false);
    }
    // Its deadline may have passed while the owner was looked up: what is not awaited any more must not begin.
    if (call.settled) throw departed(call);
    if (owner === address || (owner === cluster && owner !== undefined)) return;
    if (owner === null)
      throw new Unrun(reeveError("NO_OWNER", `${field}: nobody owns what it is about`, { address }), false);
    if (!isAddress(owner)) throw new Unrun(this.#noAddress(owner, operation), false, true);
    const { whenOwnerGone } = this.#behaviour!;
    const data = whenOwnerGone === undefined ? { owner } : { owner, whenGone: whenOwnerGone };
    throw new Unrun(reeveError("MOVED", `${field}: ${owner} owns it`, { data, address }), true);
  }

  /** The manager is at fault, neither the call nor whoever would be looked for under that name. */
  #noAddress(owner: unknown, { name }: CompiledOperation): ReeveError {
    const { address, log } = this.#options;
    const message = `${this.#key}: ${name}: the manager's owner function gave ${shown(owner)}, which is no address; it must return "host", "host@backend" or null`;
    const error = reeveError("OWNER_FAILED", message, { data: { manager: this.#key, operation: name }, address });
    log.error({ err: error, operation: name }, "a manager's owner function gave no address");
    return error;
  }
}
