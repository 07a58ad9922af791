import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { foreignText } from "./tracked/foreign-text.ts";

// Usage: check-tracked.ts. Fails when a tracked file names this machine, a registry or a credential.
const root = resolve(import.meta.dirname, "..");
// A checkout may belong to another user than the one that checks it.
const git = ["-c", "safe.directory=*", "ls-files", "-z"];
const tracked = execFileSync("git", git, { cwd: root, encoding: "utf8" }).split("\0");
const wrong = tracked
  .filter((path) => path !== "" && existsSync(join(root, path)))
  .flatMap((path) => foreignText(root, path, readFileSync(join(root, path), "utf8")));
for (const line of wrong) console.error(line);
if (wrong.length > 0) process.exitCode = 1;
