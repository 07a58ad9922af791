import { seededRandom } from "@reeve/testing";
import { expect, test } from "vitest";
import { Disk } from "./disk.ts";
import { survival, wayNames } from "./survival.ts";
import type { Record } from "./write-log.ts";

const directory = 1n;
const file = 2n;
const page = (fill: string) => Buffer.alloc(1024, fill);
const created: Record = { kind: "named", file, name: "a" };
const written = (at: number, fill: string): Record => ({ kind: "written", file, at, data: page(fill) });
const begun = (of: bigint, sequence: number): Record => ({ kind: "sync", file: of, sequence });
const ended = (of: bigint, sequence: number, outcome: "done" | "failed" | "lied" = "done"): Record => ({
  ...{ kind: "synced", file: of, begun: sequence, outcome },
});
const synced = (of: bigint, sequence: number) => [begun(of, sequence), ended(of, sequence)];

/** Everything that a loss of power after these records left in many tries: what the file held, "gone" when it was not there. */
function left(records: readonly Record[]): ReadonlySet<string> {
  const random = seededRandom(1);
  const found = new Set<string>();
  for (let index = 0; index < 40 * wayNames.length; index++) {
    const disk = new Disk(random);
    for (const record of records) disk.apply(record);
    const content = disk.lose(survival(wayNames[index % wayNames.length]!, random, records.length)).get("a");
    found.add(content ? sectors(content) : "gone");
  }
  return found;
}

/** A letter for each sector that holds nothing else, "?" for others. */
function sectors(content: Buffer): string {
  const letters = Array.from({ length: Math.ceil(content.length / 512) }, (_, index) => {
    const [first, ...rest] = content.toString("latin1", index * 512, (index + 1) * 512);
    return rest.every((byte) => byte === first) && /[a-z]/.test(first!) ? first! : first === "\0" ? "0" : "?";
  });
  return letters.join("");
}

test("a file is there for certain once its directory is synced, and not by a sync of its own", () => {
  expect(left([created, written(0, "x"), ...synced(file, 1)])).toContain("gone");
  expect(left([created, ...synced(directory, 1)])).toEqual(new Set([""]));
});

test("what a sync that ended covered is there, whole; what came while it ran may be there in any sectors", () => {
  const base = [created, ...synced(directory, 1), written(0, "x"), begun(file, 2), written(0, "y")];
  expect(left([...base, ended(file, 2)])).toEqual(new Set(["xx", "yx", "xy", "yy"]));
  expect([...left(base)]).toEqual(expect.arrayContaining(["", "xx", "yy", "xy"]));
});

test("a sync that lied covers nothing", () => {
  expect(left([created, ...synced(directory, 1), written(0, "x"), begun(file, 2), ended(file, 2, "lied")])).toContain(
    "",
  );
});

test("what a failed sync did not write, a later one does not write either", () => {
  const failed = [begun(file, 2), ended(file, 2, "failed"), ...synced(file, 3)];
  const found = left([created, ...synced(directory, 1), written(0, "x"), ...failed]);
  expect([...found].every((content) => content === "xx")).toBe(false);
});

test("what a failed sync did not write is read on all the same, until the power is lost", () => {
  const disk = new Disk(seededRandom(1));
  for (const record of [created, ...synced(directory, 1), written(0, "x"), begun(file, 2), ended(file, 2, "failed")])
    disk.apply(record);
  expect(disk.contents()).toEqual(new Map([["a", page("x")]]));
  disk.apply({ kind: "resized", file, size: 512 });
  disk.apply({ kind: "removed", name: "b" });
  expect(sectors(disk.contents().get("a")!)).toBe("x");
  disk.apply({ kind: "removed", name: "a" });
  expect(disk.contents()).toEqual(new Map());
});

test("writes are lost in any order, and a later one may be there without an earlier one", () => {
  const found = left([created, ...synced(directory, 1), written(0, "x"), written(1024, "y"), written(2048, "z")]);
  expect(
    [...found].some((content) => content.startsWith("xx") && content.endsWith("zz") && !content.includes("y")),
  ).toBe(true);
});

test("a file that was cut may have its old length and content, as one that was removed may be there", () => {
  const whole = [created, ...synced(directory, 1), written(0, "x"), ...synced(file, 2)];
  expect(left([...whole, { kind: "resized", file, size: 0 }])).toEqual(new Set(["xx", ""]));
  expect(left([...whole, { kind: "removed", name: "a" }])).toEqual(new Set(["xx", "gone"]));
});
