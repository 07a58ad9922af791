import type { InspectionEvent } from "xstate";

/** What is shown of one actor of a system. */
export interface InspectedActor {
  /** The event without what inspectors must not see. */
  shown(event: ShownEvent): ShownEvent;
  /** An observer threw. */
  threw(error: unknown): void;
}

interface ShownEvent {
  readonly type: string;
}

/** XState's own, under the name by which its actors call it. */
interface InspectedSystem {
  _sendInspectionEvent?(event: InspectionEvent): void;
}

/** A system whose observers are kept from its actors. */
class Shield {
  readonly #actors = new WeakMap<object, InspectedActor>();
  #latest: InspectedActor | undefined;

  constructor(system: InspectedSystem) {
    const tell = system._sendInspectionEvent;
    if (typeof tell !== "function") return;
    system._sendInspectionEvent = (told) => this.#tell(tell, told);
  }

  add(actor: object, inspected: InspectedActor): void {
    this.#actors.set(actor, inspected);
    this.#latest = inspected;
  }

  /** What the actor has invoked tells of itself on the actor's stack: whoever is told of, nothing is thrown. */
  #tell(tell: (event: InspectionEvent) => void, told: InspectionEvent): void {
    const inspected = this.#actors.get(told.actorRef);
    try {
      tell(inspected && "event" in told ? shownOf(told, inspected) : told);
    } catch (error) {
      (inspected ?? this.#latest)?.threw(error);
    }
  }
}

const shields = new WeakMap<object, Shield>();

/**
 * Stands between a system and its observers: what this actor is sent is shown as it says, and an observer that throws locks no
 * mailbox. One shield does for all actors of a system. Where XState has no such method nothing is changed.
 */
export function inspectAs(system: object, actor: object, inspected: InspectedActor): void {
  let shield = shields.get(system);
  if (!shield) {
    shield = new Shield(system);
    shields.set(system, shield);
  }
  shield.add(actor, inspected);
}

/** XState copies what it tells where there is an observer: only then is the getter asked. */
function shownOf<T extends InspectionEvent & { readonly event: ShownEvent }>(told: T, inspected: InspectedActor): T {
  const { event } = told;
  return {
    ...told,
    get event() {
      return inspected.shown(event);
    },
  };
}
