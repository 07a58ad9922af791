import { resolve } from "node:path";
import { brokenLinks } from "./docs/broken-links.ts";
import { codeBlocks } from "./docs/code-blocks.ts";
import { compileBlocks } from "./docs/compile-blocks.ts";
import { errorsPage } from "./docs/errors-page.ts";
import { exampleBlocks, withoutExample } from "./docs/example-blocks.ts";
import { lateSignals } from "./docs/late-signals.ts";
import { readExamples, readPages } from "./docs/pages.ts";
import { readPublicExports } from "./exports/public-exports.ts";

// Usage: check-docs.ts. Fails on a broken link, an example that does not compile or that handles signals too late, a public
// function without an example, or an errors page behind the catalogue.
const root = resolve(import.meta.dirname, "..");
const pages = readPages(root);
const exported = readPublicExports(root);
const errors = pages.find(({ path }) => path === "docs/errors.md");
const [blocks, examples] = await Promise.all([
  compileBlocks(root, "tests", codeBlocks(pages)),
  compileBlocks(root, "tests", exampleBlocks(exported)),
]);
const wrong = [
  ...brokenLinks(root, pages),
  ...blocks,
  // What an example does not declare may be anything, and so may what is made of it.
  ...examples.filter((line) => !/ error TS70\d\d:/.test(line)),
  ...withoutExample(exported),
  ...lateSignals([...pages, ...readExamples(root)]),
  ...(errors?.text === errorsPage() ? [] : ["docs/errors.md is behind the catalogue; run `pnpm docs:errors`"]),
];
for (const line of wrong) console.error(line);
if (wrong.length > 0) process.exitCode = 1;
