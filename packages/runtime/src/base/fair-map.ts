import { EntryList, type Linked } from "./entry-list.ts";

/** Entries that may not go are passed over, so many for each newcomer at most: the next newcomer looks at the others. */
const mostPassedOver = 8;

export interface FairMapOptions<V> {
  /** Entries in all. */
  readonly inAll: number;
  /** Entries of one owner. Default: as many as in all. */
  readonly perOwner?: number | undefined;
  /** Whether an entry may be evicted. While too few may, the map is larger than its bounds. Default: it may. */
  mayGo?(value: V): boolean;
  /** Told of each entry that was evicted. */
  evicted?(value: V): void;
}

class Entry<V> implements Linked {
  listPrevious: Linked | undefined = undefined;
  listNext: Linked | undefined = undefined;
  readonly key: string;
  readonly owner: Owner<V>;
  value: V;

  constructor(key: string, owner: Owner<V>, value: V) {
    this.key = key;
    this.owner = owner;
    this.value = value;
  }
}

class Owner<V> implements Linked {
  listPrevious: Linked | undefined = undefined;
  listNext: Linked | undefined = undefined;
  readonly name: string;
  /** Those used longest ago first. */
  readonly entries = new EntryList<Entry<V>>();

  constructor(name: string) {
    this.name = name;
  }
}

/**
 * A map that others fill: bounded for each owner and in all. An owner over its bound loses its own entry that was used longest
 * ago; a map over its bound takes that of the owner with the most entries, so that nobody's many push out somebody's few. Every
 * operation takes constant time. (The first key of a `Map` does not: V8 passes over the places of all that were deleted before it.)
 */
export class FairMap<V> {
  readonly #inAll: number;
  readonly #perOwner: number;
  readonly #options: FairMapOptions<V>;
  readonly #entries = new Map<string, Entry<V>>();
  readonly #owners = new Map<string, Owner<V>>();
  /** Owners by how many entries they have, those used longest ago first. */
  readonly #bySize: EntryList<Owner<V>>[] = [];
  /** The most that any owner has. */
  #most = 0;

  constructor(options: FairMapOptions<V>) {
    this.#inAll = options.inAll;
    this.#perOwner = options.perOwner ?? options.inAll;
    this.#options = options;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** How many entries an owner has. */
  sizeOf(owner: string): number {
    return this.#owners.get(owner)?.entries.size ?? 0;
  }

  /** The entry of an owner that was used longest ago. */
  oldestOf(owner: string): V | undefined {
    return this.#owners.get(owner)?.entries.first?.value;
  }

  /** Does not count as a use. */
  get(key: string): V | undefined {
    return this.#entries.get(key)?.value;
  }

  /** As {@link get}, and counts as a use: of others' entries, those used longer ago go first. */
  use(key: string): V | undefined {
    const entry = this.#entries.get(key);
    if (!entry) return undefined;
    this.#used(entry);
    return entry.value;
  }

  /** Evicts what has no room beside it. An entry that is there keeps its owner. */
  set(key: string, owner: string, value: V): void {
    const known = this.#entries.get(key);
    if (known) {
      known.value = value;
      return this.#used(known);
    }
    const whose = this.#owners.get(owner) ?? new Owner<V>(owner);
    this.#makeRoom(whose);
    const entry = new Entry(key, whose, value);
    this.#entries.set(key, entry);
    this.#owners.set(owner, whose);
    const before = whose.entries.size;
    whose.entries.push(entry);
    this.#moved(whose, before);
  }

  delete(key: string): boolean {
    const entry = this.#entries.get(key);
    if (!entry) return false;
    this.#remove(entry);
    return true;
  }

  clear(): void {
    this.#entries.clear();
    this.#owners.clear();
    this.#bySize.length = 0;
    this.#most = 0;
  }

  /** Evicts the entries of an owner that were used longest ago, all but the last, until that is enough. */
  shrink(owner: string, enough: () => boolean): void {
    const whose = this.#owners.get(owner);
    while (whose && whose.entries.size > 1 && !enough()) if (!this.#evictFrom(whose)) return;
  }

  *entries(): Generator<readonly [string, V]> {
    for (const [key, { value }] of this.#entries) yield [key, value];
  }

  *values(): Generator<V> {
    for (const { value } of this.#entries.values()) yield value;
  }

  /** Two go where only one has to: a map that had grown beyond its bounds comes back to them. */
  #makeRoom(owner: Owner<V>): void {
    for (let gone = 0; gone < 2; gone++) {
      if (owner.entries.size >= this.#perOwner) this.#evictFrom(owner);
      else if (this.#entries.size >= this.#inAll) this.#evictFrom(this.#bySize[this.#most]!.first!);
      else return;
    }
  }

  #used(entry: Entry<V>): void {
    const { owner } = entry;
    owner.entries.remove(entry);
    owner.entries.push(entry);
    this.#moved(owner, owner.entries.size);
  }

  /** Returns whether one went. */
  #evictFrom(owner: Owner<V>): boolean {
    const { mayGo, evicted } = this.#options;
    for (let passed = 0; passed < mostPassedOver; passed++) {
      const entry = owner.entries.first;
      if (!entry) return false;
      if (mayGo && !mayGo(entry.value)) {
        this.#used(entry);
        continue;
      }
      this.#remove(entry);
      evicted?.(entry.value);
      return true;
    }
    return false;
  }

  #remove(entry: Entry<V>): void {
    const { owner } = entry;
    this.#entries.delete(entry.key);
    const before = owner.entries.size;
    owner.entries.remove(entry);
    if (before === 1) this.#owners.delete(owner.name);
    this.#moved(owner, before);
  }

  /** Puts an owner behind the others of its size. @param before how many entries it had */
  #moved(owner: Owner<V>, before: number): void {
    if (before > 0) this.#bySize[before]!.remove(owner);
    const after = owner.entries.size;
    if (after > 0) {
      this.#bySize[after] ??= new EntryList();
      this.#bySize[after].push(owner);
    }
    if (after > this.#most) this.#most = after;
    // It was one of the largest, so that none is smaller than it is now.
    else if (before === this.#most && this.#bySize[before]!.size === 0) this.#most = after;
  }
}
