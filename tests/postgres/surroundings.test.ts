import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type PostgresServer, postgresServer } from "@reeve/testing";
import pg from "pg";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { openCounters } from "./counters.test-kit.ts";

const bound = { timeout: 10_000, interval: 10 };
let folder: string;
let server: PostgresServer;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "reeve-socket-"));
  // The server may run as another user.
  await chmod(folder, 0o777);
  server = await postgresServer({ settings: { unix_socket_directories: folder } });
});
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

test("over a socket file all is as over TCP, and a statement that waits is ended at the server", async () => {
  const url = new URL(await server.createDatabase());
  const { port, pathname, username, password } = url;
  const socketUrl = `postgresql://${username}:${password}@${encodeURIComponent(folder)}:${port}${pathname}`;
  await using opened = await openCounters({ url: socketUrl });
  await opened.store.transaction((tx) => tx.insert("counters", { id: "a" }));
  const somebody = new pg.Client(url.href);
  await somebody.connect();
  onTestFinished(() => somebody.end());
  await somebody.query("begin; lock table counter_counters in access exclusive mode");
  const refused = expect(
    opened.store.transaction((tx) => tx.update("counters", "a", { value: 1 }), { timeout: 300 }),
  ).rejects.toMatchObject({ reason: "TRANSACTION_TIMEOUT" });
  await refused;
  const waiting = async () => server.query("select pid from pg_locks where not granted", [], url.href);
  await vi.waitFor(async () => expect(await waiting()).toEqual([]), bound);
  await somebody.query("rollback");
  expect((await opened.store.get("counters", "a")).value).toBe(0);
});

test("what the variables of the process say to other programs does not come in", async () => {
  const url = await server.createDatabase();
  vi.stubEnv(
    "PGOPTIONS",
    "-c application_name=leaked -c default_transaction_isolation=read\\ committed -c work_mem=1MB",
  );
  vi.stubEnv("PGAPPNAME", "leaked");
  vi.stubEnv("PGSSLMODE", "require");
  vi.stubEnv("PGDATABASE", "nowhere");
  vi.stubEnv("PGHOST", "nowhere.invalid");
  vi.stubEnv("PGCLIENT_ENCODING", "LATIN1");
  vi.stubEnv("PGREPLICATION", "database");
  vi.stubEnv("PGSSLNEGOTIATION", "direct");
  onTestFinished(() => void vi.unstubAllEnvs());
  await using opened = await openCounters({ url });
  await opened.store.transaction((tx) => tx.insert("counters", { id: "ж" }));
  vi.unstubAllEnvs();
  expect(await opened.store.selectFrom("counters").selectAll().execute()).toMatchObject([{ id: "ж" }]);
  const settings = await server.query(
    "select distinct application_name from pg_stat_activity where application_name in ('leaked', 'reeve')",
    [],
    url,
  );
  expect(settings).toEqual([{ application_name: "reeve" }]);
});
