import { formatVlanList, lastVlanId } from "./vlan-list.ts";

/** VLAN ids that never change; others are made from them. */
export class VlanSet {
  readonly #ids: ReadonlySet<number>;
  #text: string | undefined;

  constructor(ids: Iterable<number>) {
    this.#ids = new Set(ids);
  }

  get size(): number {
    return this.#ids.size;
  }

  /** `1,3-5`; empty for none. */
  get text(): string {
    this.#text ??= formatVlanList(this.#ids);
    return this.#text;
  }

  has(id: number): boolean {
    return this.#ids.has(id);
  }

  with(ids: readonly number[]): VlanSet {
    return ids.every((id) => this.has(id)) ? this : new VlanSet([...this.#ids, ...ids]);
  }

  without(ids: readonly number[]): VlanSet {
    const removed = new Set(ids);
    return ids.some((id) => this.has(id)) ? new VlanSet([...this.#ids].filter((id) => !removed.has(id))) : this;
  }
}

export const noVlans = new VlanSet([]);
export const everyVlan = new VlanSet(Array.from({ length: lastVlanId }, (_, index) => index + 1));
