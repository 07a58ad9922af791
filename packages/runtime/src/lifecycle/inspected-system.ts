import type { InspectionEvent } from "xstate";

/** How an actor, and what it invokes, are shown. Asked where somebody looks. */
export interface InspectedActor {
  event(event: ShownEvent): ShownEvent;
  snapshot<S>(snapshot: S): S;
  /** The parameters of an action. */
  fields<F extends ShownFields>(params: F): F;
  /** An observer threw. */
  threw(error: unknown): void;
}

export interface ShownFields {
  readonly [name: string]: unknown;
}

export interface ShownEvent extends ShownFields {
  readonly type: string;
}

/** XState's own, under the name by which its actors call it. */
interface InspectedSystem {
  _sendInspectionEvent?(event: InspectionEvent): void;
}

/** What an actor invokes knows it as its parent. */
interface RelatedActor {
  readonly _parent?: object | undefined;
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

  /** Others tell of themselves on the actor's stack: whoever is told of, nothing is thrown. */
  #tell(tell: (event: InspectionEvent) => void, told: InspectionEvent): void {
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
export function inspectAs(system: object, actor: object, inspected: InspectedActor): void {
  let shield = shields.get(system);
  if (!shield) {
    shield = new Shield(system);
    shields.set(system, shield);
  }
  shield.add(actor, inspected);
}

/** XState copies what it tells where there is an observer: only then are the getters asked. */
function shownOf(told: InspectionEvent, inspected: InspectedActor): InspectionEvent {
  const { event, snapshot, action } = told as Told;
  return Object.defineProperties(
    { ...told },
    {
      ...(event && asked(() => inspected.event(event), "event")),
      ...(snapshot && asked(() => inspected.snapshot(snapshot), "snapshot")),
      ...(action && asked(() => ({ ...action, params: paramsOf(action.params, inspected) }), "action")),
    },
  );
}

/** What there is, by the type of what is told. */
interface Told {
  readonly event?: ShownEvent;
  readonly snapshot?: object;
  readonly action?: { readonly type: string; readonly params: unknown };
}

function asked(get: () => unknown, name: string): PropertyDescriptorMap {
  return { [name]: { get, enumerable: true } };
}

function paramsOf(params: unknown, inspected: InspectedActor): unknown {
  return typeof params === "object" && params !== null ? inspected.fields(params as ShownFields) : params;
}
