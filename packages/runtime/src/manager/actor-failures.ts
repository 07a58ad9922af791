import { type ReeveError, reeveError } from "@reeve/contract";
import type { ActorFailure } from "../actors/index.ts";
import type { Cause, CauseReason } from "../lifecycle/cause.ts";

/** The life whose actors they are. */
interface FailingLife {
  /** `manager/address`. */
  readonly key: string;
  raise(cause: Cause): void;
  clear(reason: CauseReason): void;
  /** It cannot go on; its supervisor starts it anew. */
  crashed(error: ReeveError): void;
}

/** What the failures of a manager's own actors make of the manager: one cause for all of them, or its end. */
export class ActorFailures {
  readonly #life: FailingLife;
  /** By machine and actor: why. */
  readonly #failed = new Map<string, string>();

  constructor(life: FailingLife) {
    this.#life = life;
  }

  failed({ machine, actor, error, onError }: ActorFailure): void {
    const why = error instanceof Error ? error.message : String(error);
    const message = actor === undefined ? why : `actor "${actor}" of machine "${machine}": ${why}`;
    if (onError === "crash") {
      const data = { machine, actor: actor ?? "" };
      this.#life.crashed(reeveError("ACTOR_FAILED", `${this.#life.key}: ${message}`, { data, cause: error }));
      return;
    }
    const key = keyOf(machine, actor);
    this.#failed.delete(key);
    this.#failed.set(key, message);
    this.#tell();
  }

  /** One actor is no more, or begins anew. */
  forgotten(machine: string, actor: string): void {
    if (this.#failed.delete(keyOf(machine, actor))) this.#tell();
  }

  #tell(): void {
    const actors = this.#failed.size;
    if (actors === 0) return this.#life.clear("ACTOR_FAILED");
    const last = [...this.#failed.values()].at(-1)!;
    const message = actors === 1 ? last : `${last} (and ${actors - 1} more)`;
    this.#life.raise({ reason: "ACTOR_FAILED", message, data: { actors } });
  }
}

function keyOf(machine: string, actor: string | undefined): string {
  return JSON.stringify([machine, actor ?? null]);
}
