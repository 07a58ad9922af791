import { resolve } from "node:path";
import { brokenLinks } from "./docs/broken-links.ts";
import { codeBlocks } from "./docs/code-blocks.ts";
import { compileBlocks } from "./docs/compile-blocks.ts";
import { errorsPage } from "./docs/errors-page.ts";
import { lateSignals } from "./docs/late-signals.ts";
import { readExamples, readPages } from "./docs/pages.ts";

// Usage: check-docs.ts. Fails on a broken link, an example that does not compile or that handles signals too late, or an errors
// page behind the catalogue.
const root = resolve(import.meta.dirname, "..");
const pages = readPages(root);
const errors = pages.find(({ path }) => path === "docs/errors.md");
const wrong = [
  ...brokenLinks(root, pages),
  ...(await compileBlocks(root, "tests", codeBlocks(pages))),
  ...lateSignals([...pages, ...readExamples(root)]),
  ...(errors?.text === errorsPage() ? [] : ["docs/errors.md is behind the catalogue; run `pnpm docs:errors`"]),
];
for (const line of wrong) console.error(line);
if (wrong.length > 0) process.exitCode = 1;
