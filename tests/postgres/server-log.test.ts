import { postgres } from "@reeve/postgres";
import { postgresServer } from "@reeve/testing";
import { storeConformance } from "@reeve/testing/conformance";
import { expect, test } from "vitest";

/** What the cases do on purpose: values and rows that a table refuses, and transactions that get in each other's way. */
const expected = [
  /^duplicate key value violates unique constraint "(volume_volumes_(key|by_name|by_tenant_name)|note_notes_key)"$/,
  /^invalid input syntax for type (bigint|boolean|json)/,
  /^null value in column "name" of relation "volume_volumes" violates not-null constraint$/,
  /^could not serialize access due to (concurrent update|read\/write dependencies among transactions)$/,
  /^current transaction is aborted, commands ignored until end of transaction block$/,
];

test("the server's own log has no error, over all the cases of the store suite, but for those that these ask for", async () => {
  await using server = await postgresServer();
  const make = async () => ({ backend: postgres({ url: await server.createDatabase() }) });
  for (const { run } of storeConformance({ name: "PostgreSQL", make })) await run();
  const errors = server.log
    .split("\n")
    .flatMap((line) => /(?:ERROR|FATAL|PANIC|WARNING): {2}(.*)$/.exec(line)?.[1] ?? []);
  expect(errors.length).toBeGreaterThan(0);
  expect(errors.filter((error) => !expected.some((pattern) => pattern.test(error)))).toEqual([]);
  // Sessions end in order.
  expect(server.log).not.toMatch(/unexpected EOF|could not receive data/);
}, 180_000);
