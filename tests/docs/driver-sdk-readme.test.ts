import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { networkConformance } from "@reeve/driver-sdk/conformance";
import { expect, test } from "vitest";

const page = readFileSync(resolve(import.meta.dirname, "../../packages/driver-sdk/README.md"), "utf8");

/** The second column of the table of the network suite: how cases begin, or after `…` what is in their names. */
function toldOf(): string[] {
  const [, table = ""] = /^\| promise \| cases [^\n]*\n\|---\|---\|\n((?:\|.*\n)+)/m.exec(page) ?? [];
  const cells = table.split("\n").map((row) => row.split(" | ")[1] ?? "");
  return cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, words = ""]) => words));
}

const holds = (words: string) => (name: string) =>
  words.startsWith("… ") ? name.includes(words.slice(2)) : name.startsWith(words.replace("…", ""));

test("the SDK's README tells of every case of the network suite, and of no other", () => {
  const names = networkConformance({ name: "any", make: () => Promise.reject(new Error("only names are wanted")) }).map(
    ({ name }) => name.replace("any: ", ""),
  );
  expect(toldOf().filter((words) => !names.some(holds(words)))).toEqual([]);
  expect(names.filter((name) => !toldOf().some((words) => holds(words)(name)))).toEqual([]);
});
