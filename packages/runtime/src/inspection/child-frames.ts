import type { Clock } from "../base/clock.ts";
import type { InspectionBus } from "./bus.ts";
import type { ChildFrame, ChildSnapshot, InspectedEvent } from "./frame.ts";
import { notShown, type Secrets, shieldedValue } from "./shielded-value.ts";

/** An actor of a user's own that lives in a manager, as inspectors see it. */
export interface ChildActor {
  /** Unique among the actors that live in its manager now. */
  readonly id: string;
  /** Its machine's configuration, for drawing its chart; `{ id }` where it has no machine. */
  readonly definition: object;
  /** Its id, where another actor of the same manager has spawned it. Default: the manager has. */
  readonly parent?: string | undefined;
  /** As it is now. Asked while somebody watches: at each step, and when somebody begins to watch. */
  snapshot(): ChildSnapshot;
}

/**
 * Where a manager shows the actors that live in it. Tell it of each step when it happens, before what the step brings about and
 * in this order: `began`, then `took` before and `changed` after what an event does, then `ended`. While nobody watches, a
 * step costs one comparison. Never throws.
 *
 * @example
 * ```ts
 * const shown = frames.began({ id: "rebuild-7", definition: machine.config, snapshot: () => actor.getSnapshot() });
 * shown.took({ type: "disk.added" });
 * shown.changed({ type: "disk.added" });
 * shown.ended({ type: "xstate.done.state.rebuild" });
 * ```
 */
export interface ChildFrames {
  /** It has come to be, in the state that `snapshot` tells. */
  began(actor: ChildActor): ChildLife;
}

/** One child actor from its beginning to its end. */
export interface ChildLife {
  /** It is sent an event, which it has not handled yet. @param from id of the actor of the same manager that sends it. Default: nobody known */
  took(event: ChildEvent, from?: string): void;
  /** The event has given it another snapshot. */
  changed(event: ChildEvent): void;
  /** The event has ended it, with its last snapshot; `stopped` where that still says `active`. Only the first counts, and nothing is told after. */
  ended(event: ChildEvent): void;
}

/** An event of the user's. Its other fields are shown to whoever asks for its payload, never to tools of somebody else. */
export interface ChildEvent {
  readonly type: string;
}

interface ShownManager {
  /** The manager's own id in frames. */
  readonly id: string;
  /** `manager/address`. */
  readonly key: string;
  readonly bus: InspectionBus;
  readonly clock: Clock;
  readonly secrets: Secrets;
}

/** The children of one life of a manager. */
export class ShownChildren implements ChildFrames {
  readonly #manager: ShownManager;
  /** Those that live, by their own id. */
  readonly #live = new Map<string, ShownChild>();
  #over = false;

  constructor(manager: ShownManager) {
    this.#manager = manager;
  }

  began(actor: ChildActor): ChildLife {
    const { bus, key } = this.#manager;
    const child = new ShownChild(this.#manager, actor, bus.newId(`${key}/${actor.id}`), {
      idOf: (id) => this.#live.get(id)?.id,
      onEnd: () => {
        if (this.#live.get(actor.id) === child) this.#live.delete(actor.id);
      },
    });
    // Its manager has ended: nothing of it lives any more.
    if (this.#over) return child;
    this.#live.set(actor.id, child);
    child.begin();
    return child;
  }

  /** Each that lives, as it is now, in order of beginning. */
  *describe(): Iterable<ChildFrame> {
    for (const child of this.#live.values()) yield child.describe();
  }

  /** The manager ends, and they with it: the last that began first. */
  end(): void {
    this.#over = true;
    for (const child of [...this.#live.values()].reverse()) child.ended({ type: "xstate.stop" });
  }
}

interface Siblings {
  /** Id in frames of a child that lives. */
  idOf(id: string): string | undefined;
  onEnd(): void;
}

class ShownChild implements ChildLife {
  readonly id: string;
  readonly #manager: ShownManager;
  readonly #actor: ChildActor;
  readonly #siblings: Siblings;
  readonly #parentId: string;
  #lives = false;

  constructor(manager: ShownManager, actor: ChildActor, id: string, siblings: Siblings) {
    this.id = id;
    this.#manager = manager;
    this.#actor = actor;
    this.#siblings = siblings;
    this.#parentId = (actor.parent === undefined ? undefined : siblings.idOf(actor.parent)) ?? manager.id;
  }

  begin(): void {
    const { bus } = this.#manager;
    this.#lives = true;
    if (bus.watched) bus.emit(this.describe());
  }

  took({ type, ...payload }: ChildEvent, from?: string): void {
    const { bus } = this.#manager;
    if (!this.#lives || !bus.watched) return;
    const event: InspectedEvent =
      Object.keys(payload).length === 0 ? { type } : { type, payload: this.#shown(payload) };
    const sourceId = from === undefined ? undefined : this.#siblings.idOf(from);
    bus.emit({ type: "event", id: this.id, sourceId, event, at: this.#now });
  }

  changed({ type }: ChildEvent): void {
    if (this.#lives) this.#tell(type, false);
  }

  ended({ type }: ChildEvent): void {
    if (!this.#lives) return;
    this.#lives = false;
    this.#tell(type, true);
    this.#siblings.onEnd();
  }

  describe(): ChildFrame {
    const { id } = this.#actor;
    return {
      type: "child",
      id: this.id,
      name: id,
      parentId: this.#parentId,
      definition: this.#actor.definition,
      snapshot: this.#snapshot(false),
      at: this.#now,
    };
  }

  get #now(): number {
    return this.#manager.clock.wallNow();
  }

  #tell(type: string, over: boolean): void {
    const { bus } = this.#manager;
    if (!bus.watched) return;
    bus.emit({ type: "child.snapshot", id: this.id, event: { type }, snapshot: this.#snapshot(over), at: this.#now });
  }

  #snapshot(over: boolean): ChildSnapshot {
    const { status, ...shown } = this.#asked();
    return { ...(this.#shown(shown) as object), status: over && status === "active" ? "stopped" : status };
  }

  /** Its snapshot is the user's: one that throws hides itself only. */
  #asked(): ChildSnapshot {
    try {
      const { status, value, context, output, error } = this.#actor.snapshot();
      return { status, value, context, output, error };
    } catch (error) {
      return { status: "active", context: { error: notShown(error) } };
    }
  }

  #shown(value: unknown): unknown {
    return shieldedValue(value, this.#manager.secrets);
  }
}
