import type { AnyActorRef, InspectionEvent } from "xstate";
import type { ChildFrames, ChildLife } from "../inspection/index.ts";

/** XState's own, under the name by which its actors call it. */
interface TellingSystem {
  _sendInspectionEvent?(event: InspectionEvent): void;
}

/**
 * Shows an actor and all that it spawns or invokes. XState's own observers cost each event a copy, whether anybody looks or not; this
 * stands where they would be told. Where XState has no such method, only the beginning and the end are shown.
 */
export function showSystem(root: AnyActorRef, name: string, frames: ChildFrames): ShownSystem {
  const shown = new ShownSystem(name, frames);
  shown.began(root);
  const system = root.system as TellingSystem;
  const tell = system._sendInspectionEvent;
  if (typeof tell === "function")
    system._sendInspectionEvent = (event) => {
      shown.tell(event);
      tell.call(system, event);
    };
  return shown;
}

/** The actors of one system, as they are shown. */
export class ShownSystem {
  readonly #name: string;
  readonly #frames: ChildFrames;
  readonly #lives = new Map<AnyActorRef, { readonly name: string; readonly life: ChildLife }>();

  constructor(name: string, frames: ChildFrames) {
    this.#name = name;
    this.#frames = frames;
  }

  began(ref: AnyActorRef): void {
    if (this.#lives.has(ref)) return;
    const { _parent, logic } = ref as AnyActorRef & {
      readonly _parent?: AnyActorRef;
      readonly logic: { config?: unknown };
    };
    const parent = _parent && this.#lives.get(_parent);
    const name = parent ? `${parent.name}/${ref.id}` : this.#name;
    const definition = typeof logic.config === "object" && logic.config !== null ? logic.config : { id: ref.id };
    const life = this.#frames.began({
      id: name,
      definition,
      parent: parent?.name,
      snapshot: () => ref.getSnapshot() ?? { status: "active" },
    });
    this.#lives.set(ref, { name, life });
    // Those that it was made with, before anybody could be told.
    for (const child of Object.values<AnyActorRef>(ref.getSnapshot()?.children ?? {})) this.began(child);
  }

  tell(told: InspectionEvent): void {
    const ref = told.actorRef as AnyActorRef;
    if (told.type === "@xstate.actor") return this.began(ref);
    const shown = this.#lives.get(ref);
    if (!shown) return;
    if (told.type === "@xstate.event") {
      const from = told.sourceRef && this.#lives.get(told.sourceRef as AnyActorRef);
      shown.life.took(told.event, from?.name);
    } else if (told.type === "@xstate.snapshot") {
      if ((told.snapshot as { readonly status: string }).status === "active") shown.life.changed(told.event);
      else this.ended(ref, told.event);
    }
  }

  ended(ref: AnyActorRef, event: { readonly type: string }): void {
    this.#lives.get(ref)?.life.ended(event);
    this.#lives.delete(ref);
  }
}
