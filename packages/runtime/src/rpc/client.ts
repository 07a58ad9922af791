import {
  type AnyContract,
  type CompiledOperation,
  type Contract,
  durationMs,
  type CallOptions as Options,
  type ReeveError,
  reeveError,
} from "@reeve/contract";
import type { Clock } from "../base/clock.ts";
import type { DeadlineWheel } from "../base/deadline-wheel.ts";
import type { Ids } from "../base/ids.ts";
import { Call, type CallRouter } from "./call.ts";
import type { LocalTarget, LocalTargets } from "./local-target.ts";
import type { Origin } from "./origin.ts";
import { OwnerMemory, ownerKey } from "./owner-memory.ts";
import { ProgressBuffer } from "./progress.ts";

export interface ClientOptions {
  readonly clock: Clock;
  readonly wheel: DeadlineWheel;
  readonly ids: Ids;
  readonly locals: LocalTargets;
}

/** A call follows its owner at most this often before it gives up. */
const maxHops = 3;

/** The caller's side: turns a ref's method into a call and finds who answers it. */
export class Client implements CallRouter {
  readonly #options: ClientOptions;
  readonly #owners = new OwnerMemory();

  constructor(options: ClientOptions) {
    this.#options = options;
  }

  newRequestId(): string {
    return this.#options.ids();
  }

  /** The live managers of a contract in this process. The array changes as they come and go. */
  targetsOf(contract: AnyContract): readonly LocalTarget[] {
    return this.#options.locals.of(contract.name, contract.major);
  }

  call(
    targets: readonly LocalTarget[],
    contract: Contract,
    operation: CompiledOperation,
    origin: Origin,
    address: string | undefined,
    input: unknown,
    options: Options | undefined,
  ): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const call = this.#prepare(contract, operation, origin, input, options, resolve, reject);
      if (call) this.#route(call, targets, address);
    });
  }

  cast(
    targets: readonly LocalTarget[],
    contract: Contract,
    operation: CompiledOperation,
    origin: Origin,
    address: string | undefined,
    input: unknown,
    options: Options | undefined,
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      // Once the callee has taken it in, nobody awaits its end: the callee logs a failure.
      const call = this.#prepare(contract, operation, origin, input, options, () => resolve(), reject);
      if (!call) return;
      call.accepted = resolve;
      this.#route(call, targets, address);
    });
  }

  stream(
    targets: readonly LocalTarget[],
    contract: Contract,
    operation: CompiledOperation,
    origin: Origin,
    address: string | undefined,
    input: unknown,
    options: Options | undefined,
  ): unknown {
    let call: Call | undefined;
    const progress = new ProgressBuffer(() => call?.cancel("the reader left"));
    const result = new Promise((resolve, reject) => {
      call = this.#prepare(
        contract,
        operation,
        origin,
        input,
        options,
        (value) => {
          progress.end();
          resolve(value);
        },
        (error) => {
          progress.fail(error);
          reject(error);
        },
      );
      if (!call) return;
      call.progress = progress;
      this.#route(call, targets, address);
    });
    return progress.stream(result);
  }

  async all(
    targets: readonly LocalTarget[],
    contract: Contract,
    operation: CompiledOperation,
    origin: Origin,
    input: unknown,
    options: Options | undefined,
  ): Promise<unknown> {
    return Promise.all(
      [...targets].map(async ({ address }) => {
        const [settled] = await Promise.allSettled([
          this.call(targets, contract, operation, origin, address, input, options),
        ]);
        return { address, ...settled };
      }),
    );
  }

  redirect(call: Call, error: ReeveError): boolean {
    const targets = this.targetsOf(call.contract);
    if (++call.hops > maxHops) return false;
    if (error.reason !== "MOVED") return false;
    const { owner } = error.data as { owner: string };
    const key = ownerKey(call.contract.name, call.operation, call.input);
    if (key !== undefined) this.#owners.remember(key, owner);
    const target = at(targets, owner);
    target?.deliver(call);
    return target !== undefined;
  }

  /** Makes the call, or rejects it and returns nothing. */
  #prepare(
    contract: Contract,
    operation: CompiledOperation,
    origin: Origin,
    input: unknown,
    options: Options | undefined,
    resolve: (value: unknown) => void,
    reject: (error: ReeveError) => void,
  ): Call | undefined {
    const now = this.#options.clock.now();
    const timeoutMs =
      options?.timeout === undefined ? operation.timeoutMs : durationMs(`${operation.name}: timeout`, options.timeout);
    const deadlineAt = Math.min(now + timeoutMs, origin.deadlineAt);
    if (deadlineAt <= now) {
      reject(
        reeveError("DEADLINE_EXCEEDED", `${contract.name}.${operation.name}: no time is left`, {
          outcome: "never-sent",
        }),
      );
      return undefined;
    }
    const call = new Call({
      contract,
      operation,
      input,
      origin,
      deadlineAt,
      timeoutMs: deadlineAt - now,
      idempotencyKey: options?.idempotencyKey,
      router: this,
      wheel: this.#options.wheel,
      resolve,
      reject,
    });
    if (options?.signal) cancelWith(call, options.signal);
    if (origin.link) call.onSettled(origin.adopt(call));
    return call;
  }

  #route(call: Call, targets: readonly LocalTarget[], address: string | undefined): void {
    if (call.settled) return;
    const target = this.#choose(call, targets, address);
    if (target) return target.deliver(call);
    const whom = address === undefined ? call.contract.name : `${call.contract.name} at ${address}`;
    call.fail(
      reeveError(
        "NO_RESPONDERS",
        `${whom} (version ${call.contract.version}): nobody is there to answer ${call.operation.name}`,
      ),
    );
  }

  #choose(call: Call, targets: readonly LocalTarget[], address: string | undefined): LocalTarget | undefined {
    if (address !== undefined) return at(targets, address);
    if (call.operation.route === "owner") {
      const key = ownerKey(call.contract.name, call.operation, call.input);
      const owner = key === undefined ? undefined : this.#owners.recall(key);
      const known = owner === undefined ? undefined : at(targets, owner);
      if (known) return known;
    }
    return any(targets);
  }
}

let turn = 0;

/** One that serves, in turn; else one that will. */
function any(targets: readonly LocalTarget[]): LocalTarget | undefined {
  if (targets.length <= 1) return targets[0];
  for (let i = 0; i < targets.length; i++) {
    const target = targets[++turn % targets.length]!;
    if (target.canServe) return target;
  }
  return targets[0];
}

function at(targets: readonly LocalTarget[], address: string): LocalTarget | undefined {
  return (
    targets.find((target) => target.address === address) ?? any(targets.filter((target) => target.cluster === address))
  );
}

function cancelWith(call: Call, signal: AbortSignal): void {
  if (signal.aborted) return call.cancel(signal.reason);
  const onAbort = () => call.cancel(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  call.onSettled(() => signal.removeEventListener("abort", onAbort));
}
