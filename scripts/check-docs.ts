import { resolve } from "node:path";
import { brokenLinks } from "./docs/broken-links.ts";
import { causesPage } from "./docs/causes-page.ts";
import { codeBlocks } from "./docs/code-blocks.ts";
import { compileBlocks } from "./docs/compile-blocks.ts";
import { errorsPage } from "./docs/errors-page.ts";
import { lateSignals } from "./docs/late-signals.ts";
import { readExamples, readPages } from "./docs/pages.ts";

// Usage: check-docs.ts. Fails on a broken link, an example that does not compile or that handles signals too late, or an errors
// page or a causes page behind its table.
const root = resolve(import.meta.dirname, "..");
const pages = readPages(root);
const textOf = (wanted: string) => pages.find(({ path }) => path === wanted)?.text;
const wrong = [
  ...brokenLinks(root, pages),
  ...(await compileBlocks(root, "tests", codeBlocks(pages))),
  ...lateSignals([...pages, ...readExamples(root)]),
  ...(textOf("docs/errors.md") === errorsPage() ? [] : ["docs/errors.md is behind the catalogue; run `pnpm docs:errors`"]),
  ...(textOf("docs/causes.md") === causesPage() ? [] : ["docs/causes.md is behind its table; run `pnpm docs:errors`"]),
];
for (const line of wrong) console.error(line);
if (wrong.length > 0) process.exitCode = 1;
