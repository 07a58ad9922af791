import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { catalogue } from "@reeve/contract";
import { expect, onTestFinished, test } from "vitest";
import { brokenLinks } from "./docs/broken-links.ts";
import { codeBlocks } from "./docs/code-blocks.ts";
import { compileBlocks } from "./docs/compile-blocks.ts";
import { errorsPage } from "./docs/errors-page.ts";
import { exampleBlocks, withoutExample } from "./docs/example-blocks.ts";
import { freeNames } from "./docs/free-names.ts";
import { lateSignals } from "./docs/late-signals.ts";
import { readExamples, readPages } from "./docs/pages.ts";
import { readPublicExports } from "./exports/public-exports.ts";

const root = resolve(import.meta.dirname, "..");

function site(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), "reeve-docs-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

const block = (code: string) => `Text.\n\n\`\`\`ts\n${code}\n\`\`\`\n`;

test("docs/errors.md is in step with the catalogue and tells every reason", () => {
  const page = readFileSync(join(root, "docs/errors.md"), "utf8");
  expect(page).toBe(errorsPage());
  for (const reason of Object.keys(catalogue)) expect(page).toContain(`\n## ${reason}\n`);
});

test("links that lead somewhere pass, in every form", () => {
  const folder = site({
    "README.md": `# Hello, *world*!\n[a](docs/b.md) ![i](<docs/c d.png>) [h](#hello-world) [w](https://example.com/x)
[r]\n\n[r]: docs/b.md#two-words\n<img src="docs/c%20d.png">\n[folder](docs/)\n\`[code](nowhere.md)\`\n\n\`\`\`md\n[x](gone.md)\n\`\`\``.replace(
      "<docs/c d.png>",
      "docs/c%20d.png",
    ),
    "docs/b.md": "## Two words\n## Two words\n[up](../README.md) [second](b.md#two-words-1)",
    "docs/c d.png": "",
  });
  expect(brokenLinks(folder, readPages(folder))).toEqual([]);
});

test("a link that leads nowhere is told by page and line", () => {
  const folder = site({
    "README.md":
      "# Top\n\n[a](gone.md)\n[b](docs/b.md#nothing)\n[c](/docs/b.md)\n[d](../../etc/passwd)\n\n[e]: missing.md\n",
    "docs/b.md": '<a href="gone.html">x</a>\n```\n# nothing\n```\n',
    "node_modules/x/README.md": "[a](gone.md)",
  });
  expect(brokenLinks(folder, readPages(folder))).toEqual([
    "README.md:3 links to gone.md, which is not there",
    "README.md:4 links to docs/b.md#nothing, but docs/b.md has no such heading",
    "README.md:5 links to /docs/b.md; write it relative to the page",
    "README.md:6 links to ../../etc/passwd, outside the repository",
    "README.md:8 links to missing.md, which is not there",
    "docs/b.md:1 links to gone.html, which is not there",
  ]);
});

test("an example that compiles passes; blocks of a page may import each other, and fragments are left alone", async () => {
  const first = block(
    '// contract.ts: what callers know\nimport { contract } from "@reeve/contract";\nexport const c = contract("x", "1.0", {});',
  );
  const second = block(
    'import { c } from "./contract.ts";\nconst name: string = c.name;\nawait Promise.resolve(name);',
  );
  const pages = [{ path: "README.md", text: first + second + block("const unfinished = ;") }];
  expect(await compileBlocks(root, "tests", codeBlocks(pages))).toEqual([]);
});

test("an example that does not compile is told by page and line, and nothing is left behind", async () => {
  const page =
    block('import { codes } from "@reeve/contract";\n\nconst n: number = codes;') +
    block('import { gone } from "@reeve/gone";');
  const complaints = await compileBlocks(root, "tests", codeBlocks([{ path: "docs/guide.md", text: page }]));
  expect(complaints).toEqual([
    expect.stringMatching(/^docs\/guide\.md:6 error TS2322/),
    expect.stringMatching(/^docs\/guide\.md:11 error TS2307.*@reeve\/gone/),
  ]);
  const left = readdirSync(join(root, "tests/node_modules/.cache")).filter((name) => name.startsWith("docs-"));
  expect(left).toEqual([]);
});

test("an example that starts before it handles signals is told by page and line", () => {
  const late = "const supervisor = make();\nawait supervisor.start();\nsupervisor.handleSignals();";
  const early = "supervisor.handleSignals();\nawait supervisor.start();";
  const folder = site({
    "README.md": block(early) + block(late) + block("await connection.start();"),
    "docs/adr/2026-11-22-old.md": block(late),
    "examples/late/main.ts": late,
    "examples/early/main.ts": early,
    "examples/early/main.test.ts": late,
  });
  expect(lateSignals([...readPages(folder), ...readExamples(folder)])).toEqual([
    "README.md:11 starts a supervisor before it handles signals",
    "examples/late/main.ts:2 starts a supervisor before it handles signals",
  ]);
});

test("every example handles signals before it starts", () => {
  expect(lateSignals([...readPages(root), ...readExamples(root)])).toEqual([]);
});

/** A package of one module, whose function `one` has this example. */
const packageWith = (example: string) =>
  site({
    "packages/x/package.json": '{ "name": "@site/x", "exports": { ".": { "reeve-source": "./src/index.ts" } } }',
    "packages/x/src/index.ts": `export { one, two } from "./all.ts";\n`,
    "packages/x/src/all.ts": `/**
 * Does one thing.
 *
 * @example
 * \`\`\`ts
${example.replaceAll(/^/gm, " * ")}
 * \`\`\`
 */
export function one() {}
/** Has none. */
export const two = () => {};
export function notPublic() {}
`,
  });

const compiled = (folder: string) =>
  compileBlocks(root, "tests", exampleBlocks([...readPublicExports(folder), ...readPublicExports(root)]).slice(0, 1));

test("a public function without an example is named, wherever it is declared", () => {
  expect(withoutExample(readPublicExports(packageWith("one();")))).toEqual([
    "packages/x/src/all.ts: two is public and has no @example",
  ]);
});

test.each([
  ["statements", "const { id } = await store.get('volumes', name);\nreturn durationMs(id, '5s');"],
  ["a part of an object", "list: (query, ctx) => paged({ filter: Filter, item: Volume }),\ncopy: { every: '5s' },"],
  [
    "a module",
    'import { call } from "@reeve/contract";\nimport { z } from "zod";\nexport const get = call({ input: z.string() });',
  ],
])("an example may be %s, and leave to the reader what it does not declare", async (_, example) => {
  const complaints = await compiled(packageWith(example));
  expect(complaints.filter((line) => !/ error TS70\d\d:/.test(line))).toEqual([]);
});

test("an example that calls something wrongly is told by file and line", async () => {
  const complaints = await compiled(packageWith("const a = 1;\nreeveError(7, 'seven');"));
  expect(complaints).toEqual([
    expect.stringMatching(/^packages\/x\/src\/all\.ts:7 error TS2345: Argument of type '7'/),
  ]);
});

test("what code names and does not declare is found", () => {
  const found = freeNames(
    "const { a: b = c } = d.e; f(({ g }) => g + b); const h: I = { j: k }; new L(import.meta.url);",
  )!;
  expect([...found.values].sort()).toEqual(["L", "c", "d", "f", "k"]);
  expect([...found.types]).toEqual(["I"]);
  expect([...found.called].sort()).toEqual(["L", "f"]);
  expect(freeNames("const = 1")).toBeUndefined();
});
