import { writeFileSync } from "node:fs";
import { causesPage } from "./docs/causes-page.ts";
import { errorsPage } from "./docs/errors-page.ts";

// Usage: pnpm docs:errors, after a change to the catalogue of errors or the table of causes.
writeFileSync(new URL("../docs/errors.md", import.meta.url), errorsPage());
writeFileSync(new URL("../docs/causes.md", import.meta.url), causesPage());
