import { createConnection, createServer } from "node:net";
import { postgres } from "@reeve/postgres";
import { Database } from "@reeve/runtime/internal";
import { systemClock } from "@reeve/runtime/store";
import { type PostgresServer, postgresServer, tcpProxy } from "@reeve/testing";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { openCounters } from "./counters.test-kit.ts";

let server: PostgresServer;
beforeAll(async () => {
  server = await postgresServer();
});
afterAll(() => server.close());

async function placeOf(url: string): Promise<string> {
  const database = await Database.open(postgres({ url }), { clock: systemClock });
  await database.close();
  return database.place;
}

test("a copy of a database lies in another place, a database after a restart or another name in the same", async () => {
  const url = await server.createDatabase();
  const place = await placeOf(url);
  const name = new URL(url).pathname.slice(1);
  await server.query(`create database copy template ${name}`);
  expect(await placeOf(url.replace(name, "copy"))).not.toBe(place);
  await server.query(`alter database ${name} rename to renamed`);
  await server.stop();
  await server.start();
  expect(await placeOf(url.replace(name, "renamed"))).toBe(place);
});

test("a user who may not see the server's identity tells databases of the server apart", async () => {
  const [one, two] = [await server.createDatabase(), await server.createDatabase()];
  for (const url of [one, two]) {
    await server.query("revoke execute on function pg_control_system() from public", [], url);
    await server.query("grant all on schema public to public", [], url);
  }
  await server.query("create role shortsighted login password 'p'");
  const as = (url: string) => url.replace("postgres:postgres@", "shortsighted:p@");
  expect(await placeOf(as(one))).toMatch(/^unknown\/\d+\/public$/);
  expect(await placeOf(as(one))).not.toBe(await placeOf(as(two)));
});

test("an address that has come to mean another database is a fault, and nothing is read or written there", async () => {
  await using other = await postgresServer();
  const url = await server.createDatabase();
  const name = new URL(url).pathname.slice(1);
  await other.query(`create database ${name}`);
  await using proxy = await tcpProxy(server.port);
  await using opened = await openCounters({ url, port: proxy.port });
  await opened.store.transaction((tx) => tx.insert("counters", { id: "a" }));
  // The same address, and another server behind it.
  const { port } = proxy;
  await proxy.close();
  const impostor = createServer((client) => {
    const socket = createConnection(other.port, "127.0.0.1");
    client.on("error", () => {}).pipe(socket);
    socket.on("error", () => {}).pipe(client);
  });
  await new Promise<void>((resolve) => impostor.listen(port, "127.0.0.1", resolve));
  onTestFinished(() => void impostor.close());
  await vi.waitFor(() => expect(opened.database.health.fault).toBeDefined(), { timeout: 10_000, interval: 10 });
  await vi.waitFor(
    () => expect(opened.database.health.fault?.error.message).toMatch(/it is another database now \(.*, expected .*\)/),
    { timeout: 10_000, interval: 10 },
  );
  await expect(opened.store.get("counters", "a")).rejects.toMatchObject({ reason: "STORE_FAILED" });
});
