import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FairMap } from "./fair-map.ts";

const keysOf = (map: FairMap<string>) => [...map.values()].sort();

describe("FairMap", () => {
  test("an owner over its bound loses what it used longest ago, and nobody else loses anything", () => {
    const map = new FairMap<string>({ inAll: 100, perOwner: 3 });
    map.set("honest", "h", "honest");
    for (let i = 0; i < 50; i++) map.set(`f${i}`, "f", `f${i}`);
    expect(keysOf(map)).toEqual(["f47", "f48", "f49", "honest"]);
    expect(map.use("f47")).toBe("f47");
    map.set("f50", "f", "f50");
    expect(keysOf(map)).toEqual(["f47", "f49", "f50", "honest"]);
  });

  test("a full map takes from the owner with the most, however long ago the few of others were used", () => {
    const map = new FairMap<string>({ inAll: 10 });
    map.set("a1", "a", "a1");
    map.set("b1", "b", "b1");
    map.set("b2", "b", "b2");
    for (let i = 0; i < 100; i++) map.set(`c${i}`, "c", `c${i}`);
    expect(keysOf(map)).toEqual(["a1", "b1", "b2", "c93", "c94", "c95", "c96", "c97", "c98", "c99"]);
    map.set("d1", "d", "d1");
    expect(map.get("c93")).toBeUndefined();
    expect(map.size).toBe(10);
  });

  test("among owners with as many each, the one that used its own longest ago loses one", () => {
    const map = new FairMap<string>({ inAll: 3 });
    for (const owner of ["a", "b", "c"]) map.set(owner, owner, owner);
    map.use("a");
    map.set("d", "d", "d");
    expect(keysOf(map)).toEqual(["a", "c", "d"]);
  });

  test("what may not go stays, and the map comes back to its bound when it may", () => {
    const held = new Set(Array.from({ length: 40 }, (_, i) => `${i}`));
    const evicted: string[] = [];
    const map = new FairMap<string>({
      inAll: 10,
      mayGo: (value) => !held.has(value),
      evicted: (value) => void evicted.push(value),
    });
    for (const key of held) map.set(key, "a", key);
    expect(map.size).toBe(40);
    held.clear();
    for (let i = 100; i < 140; i++) map.set(`${i}`, "a", `${i}`);
    expect(map.size).toBe(10);
    expect(evicted).toHaveLength(70);
  });

  test("a newcomer looks at a few others, however many there are that may not go", () => {
    let looks = 0;
    const mayGo = () => {
      looks += 1;
      return false;
    };
    const map = new FairMap<number>({ inAll: 1_000, perOwner: 500, mayGo });
    for (let i = 0; i < 20_000; i++) map.set(`${i}`, `${i % 3}`, i);
    expect(looks).toBeLessThanOrEqual(20_000 * 16);
  });

  test("keeps its bounds and what was used last, whatever is done to it", () => {
    const step = fc.tuple(fc.constantFrom("set", "use", "delete"), fc.nat(20), fc.nat(3));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const map = new FairMap<string>({ inAll: 8, perOwner: 4 });
        const owners = new Map<string, string>();
        for (const [what, number, owner] of steps) {
          const key = `k${number}`;
          if (what === "set") {
            if (map.get(key) === undefined) owners.set(key, `o${owner}`);
            map.set(key, `o${owner}`, key);
            expect(map.get(key)).toBe(key);
          } else if (what === "use") map.use(key);
          else map.delete(key);
          const there = [...map.values()];
          expect(there.length).toBe(map.size);
          expect(map.size).toBeLessThanOrEqual(8);
          for (const one of owners.values()) {
            expect(there.filter((known) => owners.get(known) === one).length).toBeLessThanOrEqual(4);
          }
        }
      }),
    );
  });
});
