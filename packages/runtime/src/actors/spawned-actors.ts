import { reeveError } from "@reeve/contract";
import type { Clock } from "../base/clock.ts";
import type { ChildFrames } from "../inspection/index.ts";
import { startActor } from "../lifecycle/live-actor.ts";
import type { ActorRefFrom, AnyActorLogic, InputFrom } from "../lifecycle/user-logic.ts";
import type { Logger } from "../telemetry/index.ts";
import type { ActorFailure } from "./kept-actors.ts";
import type { OnActorError } from "./machines.ts";

interface SpawnedActorsOptions {
  /** `manager/address`. */
  readonly key: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** Where they are shown. */
  readonly frames: ChildFrames;
  onFailed(failure: ActorFailure): void;
  /** A failed one has been replaced, or stopped. */
  onForgotten(machine: string, actor: string): void;
}

/** Actors that live in memory, and end with the incarnation. */
export class SpawnedActors {
  readonly #options: SpawnedActorsOptions;
  readonly #actors = new Map<string, { stop(): unknown }>();
  #over: unknown;

  constructor(options: SpawnedActorsOptions) {
    this.#options = options;
  }

  /** @throws ReeveError `ACTOR_EXISTS`, `NOT_SERVING` */
  spawn<L extends AnyActorLogic>(
    logic: L,
    { id, input, onError = "cause" }: { id: string; input?: InputFrom<L>; onError?: OnActorError },
  ): ActorRefFrom<L> {
    const { key, clock, log, frames, onFailed, onForgotten } = this.#options;
    const machine = (logic as { readonly id?: string }).id ?? "(logic)";
    if (this.#over !== undefined)
      throw reeveError("NOT_SERVING", `${key} has ended; it spawns nothing`, { data: { state: "stopped" } });
    if (this.#actors.has(id))
      throw reeveError("ACTOR_EXISTS", `actor "${id}" lives already`, { data: { machine, actor: id } });
    onForgotten(machine, id);
    const forget = () => {
      if (this.#actors.get(id) === actor) this.#actors.delete(id);
    };
    const actor = startActor(logic, {
      ...{ id, input, clock, frames },
      onError: (error) => {
        forget();
        log.error({ err: error, actor: id, machine }, "an actor has failed");
        onFailed({ machine, actor: id, error, onError });
      },
      onDone: forget,
    });
    this.#actors.set(id, actor);
    actor.start();
    return actor as unknown as ActorRefFrom<L>;
  }

  /** Ends them all, the last one first. */
  close(reason: unknown): void {
    this.#over ??= reason ?? "ended";
    for (const actor of [...this.#actors.values()].reverse()) actor.stop();
    this.#actors.clear();
  }
}
