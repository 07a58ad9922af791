import { writeFileSync } from "node:fs";
import { errorsPage } from "./docs/errors-page.ts";

// Usage: pnpm docs:errors, after a change to the catalogue.
writeFileSync(new URL("../docs/errors.md", import.meta.url), errorsPage());
