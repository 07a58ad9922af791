import type { Membership } from "../../membership.ts";
import type { PendingCall } from "./pending-call.ts";
import { placeOf } from "./place.ts";

/** What is asked of a call that waits. */
export interface AwaitedCall {
  readonly state: { readonly name: string };
  readonly call: { readonly operation: { readonly idempotent: boolean } };
  readonly target: { readonly place: string; readonly member: { readonly manager: string; readonly major: number } };
}

/** Calls whose callee is gone. They are looked at when something changes at their address, or, where anybody may have them, anywhere among their kind. */
export class AwaitingCalls<P extends AwaitedCall = PendingCall> {
  readonly #byPlace = new Map<string, Set<P>>();
  readonly #anywhere = new Set<P>();
  /** Where something has changed in this turn, and what kinds are there. */
  #places = new Set<string>();
  #kinds = new Set<string>();
  readonly #look: (pending: P) => void;
  readonly #stop: () => void;

  /** @param look decides whether it waits on */
  constructor(membership: Pick<Membership, "onChange">, look: (pending: P) => void) {
    this.#look = look;
    this.#stop = membership.onChange((manager, major, address) =>
      this.#changed(placeOf({ manager, major, address }), `${manager}.v${major}`),
    );
  }

  /** Somebody may be there already. */
  add(pending: P): void {
    const { place } = pending.target;
    const there = this.#byPlace.get(place);
    if (there) there.add(pending);
    else this.#byPlace.set(place, new Set([pending]));
    if (pending.call.operation.idempotent) this.#anywhere.add(pending);
    // Who can be called is looked up by others, who may be told after this.
    queueMicrotask(() => this.#lookAt([pending]));
  }

  delete(pending: P): void {
    if (this.#byPlace.size === 0) return;
    const { place } = pending.target;
    const there = this.#byPlace.get(place);
    this.#anywhere.delete(pending);
    there?.delete(pending);
    if (there?.size === 0) this.#byPlace.delete(place);
  }

  close(): void {
    this.#stop();
    this.#byPlace.clear();
    this.#anywhere.clear();
  }

  /** A process that goes takes many with it: what waits is looked at once for all of them. */
  #changed(place: string, kind: string): void {
    this.#kinds.add(kind);
    this.#places.add(place);
    if (this.#places.size === 1) queueMicrotask(() => this.#lookAtChanged());
  }

  #lookAtChanged(): void {
    const [places, kinds] = [this.#places, this.#kinds];
    this.#places = new Set();
    this.#kinds = new Set();
    if (this.#byPlace.size === 0) return;
    const concerned = [...places].flatMap((place) => [...(this.#byPlace.get(place) ?? [])]);
    for (const pending of this.#anywhere) {
      const { manager, major } = pending.target.member;
      if (kinds.has(`${manager}.v${major}`)) concerned.push(pending);
    }
    this.#lookAt(concerned);
  }

  #lookAt(pendings: readonly P[]): void {
    for (const pending of pendings) if (pending.state.name === "awaiting") this.#look(pending);
  }
}
