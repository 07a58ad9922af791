import { KeyedList } from "../../base/keyed-list.ts";
import type { LocalTarget } from "./routed-call.ts";
import type { TargetGroup } from "./targets.ts";

export interface Placed {
  readonly target: LocalTarget;
  /** Whether it served when it was grouped. */
  readonly served: boolean;
}

/** A group of which one comes or goes at the same cost however many are elsewhere. */
export class PlacedTargets implements TargetGroup<LocalTarget> {
  readonly near: LocalTarget[] = [];
  readonly #serving = new KeyedList<LocalTarget>();
  readonly #waiting = new KeyedList<LocalTarget>();

  get serving(): readonly LocalTarget[] {
    return this.#serving.values;
  }

  get waiting(): readonly LocalTarget[] {
    return this.#waiting.values;
  }

  get empty(): boolean {
    return this.near.length + this.serving.length + this.waiting.length === 0;
  }

  add({ target, served }: Placed): void {
    if (!target.remote) this.near.push(target);
    else (served ? this.#serving : this.#waiting).put(target.address, target);
  }

  delete({ target, served }: Placed): void {
    // The last that was spawned is the first to stop.
    if (!target.remote) this.near.splice(this.near.lastIndexOf(target), 1);
    else (served ? this.#serving : this.#waiting).delete(target.address);
  }
}
