import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const root = new URL("../../", import.meta.url);
const page = readFileSync(new URL("ARCHITECTURE.md", root), "utf8");
const section = page.split(/^## /m).at(-1)!;

/** Each row's question, and the files that it names. */
const rows = [...section.matchAll(/^\| (?!question|---)(.+?) \| (.+?) \|$/gm)].map(([, question, answer]) => ({
  question,
  files: [...answer!.matchAll(/\]\((.+?)\)/g)].map(([, file]) => file!),
}));

test("ARCHITECTURE.md ends with the table of decisions, of at least twenty questions, each asked once", () => {
  expect(section).toMatch(/^Where is X decided\?\n/);
  expect(rows.length).toBeGreaterThanOrEqual(20);
  expect(new Set(rows.map(({ question }) => question)).size).toBe(rows.length);
});

test("each question has one file, which exists", () => {
  for (const { question, files } of rows) {
    expect(files, question).toHaveLength(1);
    expect(
      files.filter((file) => !existsSync(new URL(file, root))),
      question,
    ).toEqual([]);
  }
});
