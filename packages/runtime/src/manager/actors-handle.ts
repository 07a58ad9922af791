import { type ActorFailure, type Actors, actorsOf, type KeptActors, SpawnedActors } from "../actors/index.ts";
import type { Clock } from "../base/clock.ts";
import type { Disposers } from "../base/disposers.ts";
import type { ChildFrames } from "../inspection/index.ts";
import type { Context } from "../rpc/callee/context.ts";
import type { Principal } from "../rpc/principal.ts";
import type { OpenStore, StoreDefinition } from "../store/index.ts";
import type { Logger } from "../telemetry/index.ts";

export interface ActorsHandleOptions {
  readonly manager: string;
  readonly address: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly disposers: Disposers;
  readonly frames: ChildFrames;
  /** Present where the manager has a store. */
  readonly kept: KeptActors | undefined;
  readonly opened: OpenStore<StoreDefinition> | undefined;
  context(hook: string, signal: AbortSignal, principal: Principal | undefined): Context;
  onFailed(failure: ActorFailure): void;
  onForgotten(machine: string, actor: string): void;
}

/** What a manager is given for its actors, made when it first asks: most have none, and pay for none. */
export class ActorsHandle {
  readonly #options: ActorsHandleOptions;
  #spawned: SpawnedActors | undefined;
  #given: Actors | undefined;

  constructor(options: ActorsHandleOptions) {
    this.#options = options;
  }

  get given(): Actors {
    this.#given ??= this.#make();
    return this.#given;
  }

  close(reason: unknown): void {
    this.#spawned?.close(reason);
  }

  #make(): Actors {
    const { manager, address, clock, log, disposers, frames, context, kept, opened, ...failures } = this.#options;
    const spawned = new SpawnedActors({ key: `${manager}/${address}`, clock, log, frames, ...failures });
    disposers.add("actors", () => spawned.close(undefined));
    this.#spawned = spawned;
    return actorsOf({
      ...{ spawned, kept, opened, manager },
      context: (actor, signal) => context(`actor ${actor}`, signal, undefined),
    });
  }
}
