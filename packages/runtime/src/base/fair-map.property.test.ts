import fc from "fast-check";
import { expect, test } from "vitest";
import { FairMap, type FairMapOptions } from "./fair-map.ts";

interface Kept {
  readonly key: string;
  readonly owner: string;
}

/** What a {@link FairMap} of keys does, written down as slowly as it can be said. */
class Naive {
  /** Those used longest ago first. */
  kept: Kept[] = [];
  /** Those whose entries were added, used or taken longest ago first. */
  owners: string[] = [];
  readonly evicted: string[] = [];
  readonly #options: FairMapOptions<string>;

  constructor(options: FairMapOptions<string>) {
    this.#options = options;
  }

  set(key: string, owner: string): void {
    const { inAll, perOwner = inAll } = this.#options;
    if (this.use(key)) return;
    for (let gone = 0; gone < 2; gone++) {
      if (this.#of(owner).length >= perOwner) this.#evictFrom(owner);
      else if (this.kept.length >= inAll) this.#evictFrom(this.#largest());
      else break;
    }
    this.kept.push({ key, owner });
    this.#moved(owner);
  }

  use(key: string): boolean {
    const entry = this.kept.find((one) => one.key === key);
    if (!entry) return false;
    this.kept = [...this.kept.filter((one) => one !== entry), entry];
    this.#moved(entry.owner);
    return true;
  }

  delete(key: string): void {
    const entry = this.kept.find((one) => one.key === key);
    if (!entry) return;
    this.kept = this.kept.filter((one) => one !== entry);
    this.#moved(entry.owner);
  }

  shrink(owner: string, to: number): void {
    while (this.#of(owner).length > Math.max(1, to) && this.#evictFrom(owner));
  }

  #of(owner: string): Kept[] {
    return this.kept.filter((one) => one.owner === owner);
  }

  #largest(): string {
    const most = Math.max(...this.owners.map((owner) => this.#of(owner).length));
    return this.owners.find((owner) => this.#of(owner).length === most)!;
  }

  #evictFrom(owner: string): boolean {
    for (let passed = 0; passed < 8; passed++) {
      const [oldest] = this.#of(owner);
      if (!oldest) return false;
      if (this.#options.mayGo?.(oldest.key) === false) {
        this.use(oldest.key);
        continue;
      }
      this.delete(oldest.key);
      this.evicted.push(oldest.key);
      return true;
    }
    return false;
  }

  #moved(owner: string): void {
    this.owners = [...this.owners.filter((one) => one !== owner), owner];
  }
}

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ what: fc.constant("set" as const), key: fc.nat(60), owner: fc.nat(4) }) },
  { weight: 2, arbitrary: fc.record({ what: fc.constant("use" as const), key: fc.nat(24) }) },
  { weight: 2, arbitrary: fc.record({ what: fc.constant("delete" as const), key: fc.nat(24) }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant("shrink" as const), owner: fc.nat(4), to: fc.nat(4) }) },
  { weight: 3, arbitrary: fc.record({ what: fc.constant("hold" as const), key: fc.nat(24) }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant("let go" as const) }) },
);

test("keeps and evicts what the rule says, whatever is done to it", () => {
  const bounds = fc.record({ inAll: fc.integer({ min: 1, max: 24 }), perOwner: fc.integer({ min: 1, max: 24 }) });
  fc.assert(
    fc.property(
      bounds,
      fc.array(step, { minLength: 60, maxLength: 200, size: "max" }),
      ({ inAll, perOwner }, steps) => {
        const held = new Set<string>();
        const evicted: string[] = [];
        const options = { inAll, perOwner, mayGo: (key: string) => !held.has(key) };
        const map = new FairMap<string>({ ...options, evicted: (key) => void evicted.push(key) });
        const naive = new Naive(options);
        for (const one of steps) {
          const key = "key" in one ? `k${one.key}` : "";
          const owner = "owner" in one ? `o${one.owner}` : "";
          if (one.what === "set") {
            map.set(key, owner, key);
            naive.set(key, owner);
          } else if (one.what === "use") expect(map.use(key) !== undefined).toBe(naive.use(key));
          else if (one.what === "delete") {
            map.delete(key);
            naive.delete(key);
          } else if (one.what === "shrink") {
            const there = naive.kept.filter((entry) => entry.owner === owner).length;
            const before = evicted.length;
            map.shrink(owner, () => there - (evicted.length - before) <= one.to);
            naive.shrink(owner, one.to);
          } else if (one.what === "hold") held.add(key);
          else held.clear();
          expect([...map.values()].sort()).toEqual(naive.kept.map((entry) => entry.key).sort());
          expect(evicted).toEqual(naive.evicted);
        }
      },
    ),
    { numRuns: 200 },
  );
});
