import { resolve } from "node:path";
import { judgeTree } from "./levels/judge-tree.ts";

// Usage: check-levels.ts [root]. Fails when an import breaks the rule of ARCHITECTURE.md.
const root = resolve(process.argv[2] ?? `${import.meta.dirname}/..`);
const wrong = judgeTree(root);
for (const line of wrong) console.error(line);
if (wrong.length > 0) {
  console.error(`${wrong.length} broken import ${wrong.length === 1 ? "rule" : "rules"}`);
  process.exitCode = 1;
}
