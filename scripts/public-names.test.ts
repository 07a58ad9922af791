import { resolve } from "node:path";
import { expect, test } from "vitest";
import { isStable } from "./exports/entry-points.ts";
import { readPublicExports } from "./exports/public-exports.ts";

const root = resolve(import.meta.dirname, "..");
const all = readPublicExports(root);

test("the public names are those that were decided on: a new one is read by a person first", async () => {
  const entries = Map.groupBy(
    all.filter(({ entry }) => isStable(entry)),
    ({ entry }) => entry.specifier,
  );
  const pages = [...entries].map(
    ([specifier, names]) => `${specifier} (${names.length})\n${names.map(({ name }) => `  ${name}\n`).join("")}`,
  );
  await expect(pages.join("\n")).toMatchFileSnapshot("exports/public-names.txt");
});

test("no name means one thing in one entry point and another in another", () => {
  const byName = Map.groupBy(all, ({ name }) => name);
  const twofold = [...byName].flatMap(([name, found]) => {
    const origins = new Set(found.map(({ origin }) => origin));
    return origins.size === 1
      ? []
      : [`${name}: ${found.map(({ entry, origin }) => `${entry.specifier} (${origin})`).join(", ")}`];
  });
  expect(twofold).toEqual([]);
});
