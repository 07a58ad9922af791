import { ManualClock } from "../base/manual-clock.ts";
import type { CallEvent, LifecycleHost, LifecycleSelf } from "./admission-gate.ts";
import type { LifecycleEffects } from "./effects.ts";
import { lifecycleLogic, startLifecycle } from "./lifecycle-logic.ts";
import type { LifecycleStatus } from "./status.ts";

export type EffectName = keyof LifecycleEffects;

/** An effect that was begun; the test says how it ends. */
export interface BegunEffect {
  readonly name: EffectName;
  readonly signal: AbortSignal;
  ended(): boolean;
  resolve(): void;
  reject(error: unknown): void;
}

/** A host whose effects end when the test says so, and which keeps what it is told. */
export class SimulatedHost implements LifecycleHost {
  readonly begun: BegunEffect[] = [];
  readonly told: { readonly status: LifecycleStatus; readonly event: string }[] = [];
  /** Calls and changes in the order they came. */
  readonly order: string[] = [];
  readonly broken: unknown[] = [];
  onReceive: (call: CallEvent) => void = () => {};
  onChanged: (status: LifecycleStatus) => void = () => {};
  onBegin: (name: EffectName) => void = () => {};
  random: () => number = () => 1;

  get status(): LifecycleStatus {
    return this.told.at(-1)!.status;
  }

  /** `serving.ready`. */
  get state(): string {
    const { state, phase } = this.status;
    return phase ? `${state}.${phase}` : state;
  }

  /** The latest effect of that name. */
  effect(name: EffectName): BegunEffect {
    const effect = this.begun.findLast((one) => one.name === name);
    if (!effect) throw new Error(`${name} has not begun`);
    return effect;
  }

  count(name: EffectName): number {
    return this.begun.filter((one) => one.name === name).length;
  }

  receive(call: CallEvent): void {
    this.order.push((call as NamedCall).name);
    this.onReceive(call);
  }

  changed(status: LifecycleStatus, event: string): void {
    this.told.push({ status, event });
    this.order.push(status.phase ? `${status.state}.${status.phase}` : status.state);
    this.onChanged(status);
  }

  broke(error: unknown): void {
    this.broken.push(error);
  }

  boot(signal: AbortSignal): Promise<void> {
    return this.#begin("boot", signal);
  }

  prepare(signal: AbortSignal): Promise<void> {
    return this.#begin("prepare", signal);
  }

  warmUp(signal: AbortSignal): Promise<void> {
    return this.#begin("warmUp", signal);
  }

  reset(signal: AbortSignal): Promise<void> {
    return this.#begin("reset", signal);
  }

  drain(signal: AbortSignal): Promise<void> {
    return this.#begin("drain", signal);
  }

  #begin(name: EffectName, signal: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    let ended = false;
    const ending =
      <A extends unknown[]>(end: (...args: A) => void) =>
      (...args: A) => {
        ended = true;
        end(...args);
      };
    this.begun.push({ name, signal, ended: () => ended, resolve: ending(resolve), reject: ending(reject) });
    this.onBegin(name);
    return promise;
  }
}

export interface NamedCall extends CallEvent {
  readonly name: string;
}

export function namedCall(name: string): NamedCall {
  return { type: "call", name };
}

const logic = lifecycleLogic((create: (self: LifecycleSelf) => SimulatedHost, self) => create(self));

/** A lifecycle on a manual clock, its host simulated. */
export function simulate() {
  const clock = new ManualClock();
  const host = new SimulatedHost();
  const crashes: unknown[] = [];
  let self: LifecycleSelf | undefined;
  const actor = startLifecycle(
    logic,
    (given: LifecycleSelf) => {
      self = given;
      return host;
    },
    clock,
    (error) => crashes.push(error),
  );
  /** Ends the latest effect of that name and lets the machine move. */
  const done = async (name: EffectName, error?: unknown) => {
    if (error === undefined) host.effect(name).resolve();
    else host.effect(name).reject(error);
    await clock.advance(0);
  };
  return { clock, host, actor, self: self!, crashes, done };
}

/** The same, ready to serve. */
export async function simulateReady() {
  const running = simulate();
  await running.done("boot");
  await running.done("prepare");
  await running.done("warmUp");
  return running;
}
