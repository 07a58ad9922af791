import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { IdTable } from "./id-table.ts";
import { seededRandom } from "./random.ts";

/** Some of them close together, some of them far above 32 bits. */
function spread(id: number): number {
  return id % 3 === 0 ? id * 2 ** 40 + 1 : id;
}

describe("IdTable", () => {
  // The first: in a heap that has grown, V8 makes full collections of young ones.
  test("lets a young collection take what has left", () => {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as (options?: { type: "minor" }) => void;
    const table = new IdTable<number[]>();
    const pass = (from: number, to: number) => {
      for (let id = from; id < to; id++) {
        table.set(id, new Array<number>(100).fill(id));
        table.delete(id - 200);
      }
    };
    pass(1, 300);
    // From here on the table is old.
    collect();
    const before = process.memoryUsage().heapUsed;
    pass(300, 40_000);
    collect({ type: "minor" });
    // All of them together took 32 MB.
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(4_000_000);
  });

  test("does what a Map does, whatever comes and goes", () => {
    const random = seededRandom(42);
    const table = new IdTable<string>();
    const map = new Map<number, string>();
    for (let step = 0; step < 60_000; step++) {
      // It grows to thousands, and shrinks again.
      const growing = Math.floor(step / 6_000) % 2 === 0;
      // Few ids that differ: those that are there are found again, and clusters form.
      const id = spread(1 + Math.floor(random() * 4_000));
      if (random() < (growing ? 0.8 : 0.2)) {
        table.set(id, String(step));
        map.set(id, String(step));
      } else expect(table.delete(id)).toBe(map.delete(id));
      const asked = spread(1 + Math.floor(random() * 4_000));
      expect(table.get(asked)).toBe(map.get(asked));
      expect(table.has(asked)).toBe(map.has(asked));
      expect(table.size).toBe(map.size);
    }
    const seen = new Map<number, string>();
    table.forEach((value, id) => {
      seen.set(id, value);
    });
    expect(seen).toEqual(map);
    expect(table.values().sort()).toEqual([...map.values()].sort());
  });

  test("finds nothing under what is no id", () => {
    const table = new IdTable<string>();
    table.set(1, "one");
    for (const id of [0, -1, 1.5, Number.NaN, 2 ** 31 + 1, undefined, "1", null] as number[]) {
      expect(table.get(id)).toBeUndefined();
      expect(table.has(id)).toBe(false);
      expect(table.delete(id)).toBe(false);
    }
    expect(table.size).toBe(1);
  });

  test("is empty once cleared, and takes entries again", () => {
    const table = new IdTable<number>();
    for (let id = 1; id <= 5_000; id++) table.set(id, id);
    table.clear();
    expect(table.size).toBe(0);
    expect(table.get(17)).toBeUndefined();
    table.set(17, 1);
    expect(table.values()).toEqual([1]);
  });

  test("that was cleared takes as much as a new one: there may be thousands that were full once", async () => {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    const held = () => {
      collect();
      return process.memoryUsage().arrayBuffers;
    };
    held();
    const before = held();
    const tables = Array.from({ length: 100 }, () => {
      const table = new IdTable<number>();
      for (let id = 1; id <= 5_000; id++) table.set(id, id);
      return table;
    });
    for (const table of tables) table.clear();
    // What was collected is given back a little later, by another thread.
    await expect.poll(() => held() - before).toBeLessThan(1_000_000);
    expect(tables).toHaveLength(100);
  });
});
