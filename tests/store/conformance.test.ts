import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sqlite } from "@reeve/runtime/sqlite";
import { storeConformance } from "@reeve/testing/conformance";
import { test } from "vitest";

const inMemory = () => ({ backend: sqlite({ path: ":memory:" }), lasting: false });

async function inFile() {
  const folder = await mkdtemp(join(tmpdir(), "reeve-store-"));
  return { backend: sqlite({ path: join(folder, "store.db") }), dispose: () => rm(folder, { recursive: true }) };
}

for (const { name, run } of storeConformance({ name: "SQLite in memory", make: inMemory })) test(name, run);
for (const { name, run } of storeConformance({ name: "SQLite in a file", make: inFile })) test(name, run);
