import { globSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { judgePackage } from "./packages/judge-package.ts";

// Usage: check-packages.ts, after a build. Fails when a public package would not serve who installs it.
const root = resolve(import.meta.dirname, "..");
const manifests = globSync("packages/{*,drivers/*}/package.json", { cwd: root }).sort();
const open = manifests.filter((path) => !JSON.parse(readFileSync(join(root, path), "utf8")).private);
const wrong: string[] = [];
for (const path of open) wrong.push(...(await judgePackage(dirname(join(root, path)))));
for (const line of wrong) console.error(line);
if (wrong.length > 0 || open.length === 0) process.exitCode = 1;
