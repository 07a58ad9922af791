import type { Random } from "@reeve/runtime/transport";
import { subjectFilter } from "./subject-filter.ts";

export type FaultDirection = "out" | "in";

/** Which messages a fault befalls. */
export interface FaultScope {
  /** `out`: what this client publishes; `in`: what its subscriptions get. Default both. */
  readonly direction?: FaultDirection;
  /** A NATS pattern. Default every subject. */
  readonly subject?: string;
  /** From 0 to 1. Default 1. */
  readonly probability?: number;
}

export interface InjectedFault {
  /** How many messages it has befallen. */
  readonly hits: number;
  /** Ends this fault; messages it holds back still come. */
  stop(): void;
}

/** Turns when copies of a message are due, in ms from now, into when they are due after the fault. */
type Effect = (dueMs: readonly number[]) => readonly number[];

class ActiveFault implements InjectedFault {
  hits = 0;
  readonly effect: Effect;
  readonly #scope: FaultScope;
  readonly #matches: (subject: string) => boolean;
  readonly #onStop: (fault: ActiveFault) => void;

  constructor(scope: FaultScope, effect: Effect, onStop: (fault: ActiveFault) => void) {
    const { probability = 1, subject = ">" } = scope;
    if (!(probability >= 0 && probability <= 1)) {
      throw new RangeError(`probability: expected 0 to 1, got ${probability}`);
    }
    this.#scope = { ...scope, probability };
    this.#matches = subjectFilter(subject);
    this.effect = effect;
    this.#onStop = onStop;
  }

  befalls(direction: FaultDirection, subject: string, random: Random): boolean {
    if (this.#scope.direction !== undefined && this.#scope.direction !== direction) return false;
    // One draw for each message in scope and no other, so that a seed repeats a run whatever else is sent.
    return this.#matches(subject) && random() < (this.#scope.probability as number);
  }

  stop(): void {
    this.#onStop(this);
  }
}

/** The faults in force, applied one after the other in the order they were made. */
export class FaultPlan {
  readonly #random: Random;
  readonly #active = new Set<ActiveFault>();

  constructor(random: Random) {
    this.#random = random;
  }

  add(scope: FaultScope, effect: (random: Random) => Effect): InjectedFault {
    const fault = new ActiveFault(scope, effect(this.#random), (stopped) => this.#active.delete(stopped));
    this.#active.add(fault);
    return fault;
  }

  clear(): void {
    this.#active.clear();
  }

  /** When copies of a message are due, in ms from now; none when it is lost. */
  due(direction: FaultDirection, subject: string): readonly number[] {
    let due: readonly number[] = [0];
    for (const fault of this.#active) {
      if (due.length === 0) break;
      if (!fault.befalls(direction, subject, this.#random)) continue;
      fault.hits += 1;
      due = fault.effect(due);
    }
    return due;
  }
}
