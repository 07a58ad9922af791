import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { postgres } from "@reeve/postgres";
import { sqlite } from "@reeve/runtime/sqlite";
import { type PostgresServer, postgresServer } from "@reeve/testing";
import { storeConformance } from "@reeve/testing/conformance";
import { afterAll, beforeAll, test } from "vitest";

let server: PostgresServer;
beforeAll(async () => {
  server = await postgresServer();
});
afterAll(() => server.close());

const inMemory = () => ({ backend: sqlite({ path: ":memory:" }), lasting: false });

async function inFile() {
  const folder = await mkdtemp(join(tmpdir(), "reeve-store-"));
  return { backend: sqlite({ path: join(folder, "store.db") }), dispose: () => rm(folder, { recursive: true }) };
}

const inPostgres = async () => ({ backend: postgres({ url: await server.createDatabase() }) });

for (const { name, run } of storeConformance({ name: "SQLite in memory", make: inMemory })) test(name, run);
for (const { name, run } of storeConformance({ name: "SQLite in a file", make: inFile })) test(name, run);
for (const { name, run } of storeConformance({ name: "PostgreSQL", make: inPostgres })) test(name, run);
