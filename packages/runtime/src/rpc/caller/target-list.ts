import { LowestCount } from "../../base/lowest-count.ts";
import { type Placed, PlacedTargets } from "./placed-targets.ts";
import type { LocalTarget } from "./routed-call.ts";
import type { TargetGroup, Targets } from "./targets.ts";

/**
 * The managers of one kind that can be called, by address. One that comes, changes or goes costs the same however many there
 * are elsewhere; so does finding one by address, or the next in turn.
 */
export class TargetList implements Targets<LocalTarget> {
  readonly everybody = new PlacedTargets();
  readonly #clusters = new Map<string, PlacedTargets>();
  readonly #placed = new Map<string, Placed>();
  readonly #minors = new LowestCount();
  #only: LocalTarget | undefined;

  get only(): LocalTarget | undefined {
    return this.#only;
  }

  get size(): number {
    return this.#placed.size;
  }

  get lowestMinor(): number | undefined {
    return this.#minors.lowest;
  }

  at(address: string): LocalTarget | undefined {
    return this.#placed.get(address)?.target;
  }

  inCluster(cluster: string): TargetGroup<LocalTarget> | undefined {
    return this.#clusters.get(cluster);
  }

  *[Symbol.iterator](): Iterator<LocalTarget> {
    yield* this.everybody.near;
    for (const { target } of this.#placed.values()) if (target.remote) yield target;
  }

  /** It is there from now on, in place of whoever is at its address; or it may have come to serve, or ceased to. */
  put(target: LocalTarget): void {
    const before = this.#placed.get(target.address);
    if (before?.target !== target) {
      if (before) this.remove(target.address);
      this.#add(target);
    } else if (target.remote && before.served !== target.canServe) {
      this.#ungroup(before);
      this.#group(target);
    }
  }

  /** Nobody is at that address any more. */
  remove(address: string): void {
    const placed = this.#placed.get(address);
    if (!placed) return;
    this.#placed.delete(address);
    this.#minors.delete(placed.target.contract.minor);
    this.#ungroup(placed);
    this.#count();
  }

  #add(target: LocalTarget): void {
    this.#minors.add(target.contract.minor);
    this.#group(target);
    this.#count();
  }

  #group(target: LocalTarget): void {
    const placed = { target, served: target.canServe };
    this.#placed.set(target.address, placed);
    this.everybody.add(placed);
    const { cluster } = target;
    if (cluster === undefined) return;
    let group = this.#clusters.get(cluster);
    if (!group) {
      group = new PlacedTargets();
      this.#clusters.set(cluster, group);
    }
    group.add(placed);
  }

  #ungroup(placed: Placed): void {
    const { cluster } = placed.target;
    this.everybody.delete(placed);
    const group = cluster === undefined ? undefined : this.#clusters.get(cluster);
    if (!group) return;
    group.delete(placed);
    if (group.empty) this.#clusters.delete(cluster!);
  }

  #count(): void {
    const { near, serving, waiting } = this.everybody;
    this.#only = this.size === 1 ? (near[0] ?? serving[0] ?? waiting[0]) : undefined;
  }
}

/** Nobody. */
export const noTargets: Targets<LocalTarget> = new TargetList();
