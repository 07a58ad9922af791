import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type PostgresServer, postgresServer } from "@reeve/testing";
import { afterAll, beforeAll, expect, test } from "vitest";

let server: PostgresServer;
beforeAll(async () => {
  server = await postgresServer();
});
afterAll(() => server.close());

const program = fileURLToPath(new URL("./migrating.test-program.ts", import.meta.url));

test("ten processes that start at once on an empty database bring it to its latest version once, and all of them write", async () => {
  const url = await server.createDatabase();
  const processes = Array.from({ length: 10 }, () =>
    promisify(execFile)(process.execPath, ["--conditions=reeve-source", program, url, "fresh"]),
  );
  await Promise.all(processes);
  const things = await server.query("select id, name from fresh.shared_things order by id", [], url);
  expect(things).toHaveLength(11);
  expect(things.filter(({ name }) => name === "made once")).toEqual([{ id: "seed", name: "made once" }]);
  const versions = await server.query(
    "select version::int from fresh.reeve_migrations where store = 'shared' order by 1",
    [],
    url,
  );
  expect(versions).toEqual([{ version: 1 }, { version: 2 }, { version: 3 }]);
  expect(server.log.split("\n").filter((line) => /ERROR|FATAL/.test(line))).toEqual([]);
}, 180_000);
