import type { InspectionEvent } from "xstate";
import type { XStateObserver } from "./xstate-observer.ts";

/** How an actor, and what it invokes, are shown. Asked where somebody looks. */
export interface InspectedActor {
  event(event: ShownEvent): ShownEvent;
  snapshot<S>(snapshot: S): S;
  /** An observer threw. */
  threw(error: unknown): void;
}

export interface ShownEvent {
  readonly type: string;
  readonly [name: string]: unknown;
}

/** Whether a system has observers. */
export interface InspectionWatch {
  readonly observed: boolean;
}

/** XState's own, under the names by which it is called. */
interface InspectedSystem {
  _sendInspectionEvent?(event: InspectionEvent): void;
  inspect(observer: XStateObserver): { unsubscribe(): void };
}

/** What an actor invokes knows it as its parent; observers are given to a root only. */
interface RelatedActor {
  readonly _parent?: object | undefined;
  readonly options?: { readonly inspect?: unknown };
}

/** A system whose observers are kept from its actors. */
class Shield implements InspectionWatch {
  readonly #actors = new WeakMap<object, InspectedActor>();
  #latest: InspectedActor | undefined;
  #observers: number;

  /** @param first the first manager's actor in it. Who observed a system before that came below its root is not known, so somebody is taken to */
  constructor(system: InspectedSystem, { _parent, options }: RelatedActor) {
    this.#observers = _parent !== undefined || options?.inspect !== undefined ? 1 : 0;
    const inspect = system.inspect;
    system.inspect = (observer) => {
      const { unsubscribe } = inspect(observer);
      this.#observers += 1;
      let over = false;
      return {
        unsubscribe: () => {
          if (!over) this.#observers -= 1;
          over = true;
          unsubscribe();
        },
      };
    };
    const tell = system._sendInspectionEvent;
    if (typeof tell !== "function") return;
    system._sendInspectionEvent = (told) => this.#tell(tell, told);
  }

  get observed(): boolean {
    return this.#observers > 0;
  }

  add(actor: object, inspected: InspectedActor): void {
    this.#actors.set(actor, inspected);
    this.#latest = inspected;
  }

  /** Others tell of themselves on the actor's stack: whoever is told of, nothing is thrown. */
  #tell(tell: (event: InspectionEvent) => void, told: InspectionEvent): void {
    if (!this.observed) return tell(told);
    const inspected = this.#inspected(told.actorRef as RelatedActor);
    try {
      tell(inspected ? shownOf(told, inspected) : told);
    } catch (error) {
      (inspected ?? this.#latest)?.threw(error);
    }
  }

  #inspected(actor: RelatedActor): InspectedActor | undefined {
    return this.#actors.get(actor) ?? (actor._parent && this.#actors.get(actor._parent));
  }
}

const shields = new WeakMap<object, Shield>();

/**
 * Stands between a system and its observers: what this actor is sent is shown as it says, and an observer that throws locks no
 * mailbox. One shield does for all actors of a system. Where XState has no such method nothing is changed.
 */
export function inspectAs(system: object, actor: object, inspected: InspectedActor): InspectionWatch {
  let shield = shields.get(system);
  if (!shield) {
    shield = new Shield(system as InspectedSystem, actor as RelatedActor);
    shields.set(system, shield);
  }
  shield.add(actor, inspected);
  return shield;
}

/** XState copies what it tells where there is an observer: only then are the getters asked. */
function shownOf(told: InspectionEvent, inspected: InspectedActor): InspectionEvent {
  const { event, snapshot } = told as { readonly event?: ShownEvent; readonly snapshot?: object };
  if (event === undefined) return told;
  const shown = {
    ...told,
    get event() {
      return inspected.event(event);
    },
  };
  if (snapshot === undefined) return shown as InspectionEvent;
  return Object.defineProperty(shown, "snapshot", {
    get: () => inspected.snapshot(snapshot),
    enumerable: true,
  }) as InspectionEvent;
}
