import { randomUUID } from "node:crypto";
import { postgres } from "@reeve/postgres";
import { Database, OpenStore, Registry } from "@reeve/runtime/internal";
import { systemClock } from "@reeve/runtime/store";
import { type PostgresServer, postgresServer } from "@reeve/testing";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { counters } from "./counters.test-kit.ts";

let server: PostgresServer;
beforeAll(async () => {
  server = await postgresServer();
});
afterAll(() => server.close());

const incumbent = { manager: "counter", address: "block-01", version: "1.0" };

/** The store of an incarnation, with one row, and a registry that makes the next. */
async function openIncarnation() {
  const url = await server.createDatabase();
  const database = await Database.open(postgres({ url }), { clock: systemClock });
  onTestFinished(() => database.close());
  await database.migrate(counters);
  const registry = await Registry.open({ database, clock: systemClock, ids: randomUUID });
  const { fence } = await registry.register(incumbent);
  const fenced: unknown[] = [];
  const onFenced = (error: { readonly reason: string }) => void fenced.push(error.reason);
  const { store } = new OpenStore({ database, definition: counters, hooks: [fence], onFenced });
  await store.transaction((tx) => tx.insert("counters", { id: "a" }));
  const rows = () => server.query("select id, value from counter_counters order by id", [], url);
  const waits = () =>
    server.query(
      "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
      [],
      url,
    );
  // As another process would.
  const other = await Database.open(postgres({ url }), { clock: systemClock });
  onTestFinished(() => other.close());
  const others = await Registry.open({ database: other, clock: systemClock, ids: randomUUID });
  return { store, fenced, rows, waits, succeed: () => others.register(incumbent) };
}

test.each([
  ["writes", (tx) => tx.insert("counters", { id: "b" })],
  ["writes what fails", (tx) => tx.insert("counters", { id: "a" })],
  ["goes on after what it was refused", (tx) => tx.insert("counters", { id: "b" }).catch(() => {})],
  ["does nothing", async () => {}],
] as readonly (readonly [
  string,
  Parameters<Awaited<ReturnType<typeof openIncarnation>>["store"]["transaction"]>[0],
])[])("an incarnation with a successor is told that it is fenced, once, where its transaction %s", async (_, body) => {
  const { store, fenced, rows, succeed } = await openIncarnation();
  await succeed();
  await expect(store.transaction(body)).rejects.toMatchObject({ reason: "FENCED", data: { epoch: 1, successor: 2 } });
  expect(fenced).toEqual(["FENCED"]);
  await expect(store.get("counters", "a")).rejects.toMatchObject({ reason: "FENCED" });
  expect(fenced).toEqual(["FENCED"]);
  expect(await rows()).toEqual([{ id: "a", value: "0" }]);
});

test("a successor that comes while a transaction is open has its epoch when that is committed", async () => {
  const { store, rows, waits, succeed } = await openIncarnation();
  const order: string[] = [];
  let coming: Promise<unknown> | undefined;
  await store.transaction(async (tx) => {
    await tx.update("counters", "a", { value: 1 });
    coming ??= succeed().then(() => order.push("registered"));
    await expect.poll(async () => (await waits()).length, { timeout: 10_000 }).toBe(1);
    await tx.update("counters", "a", { value: 2 });
    order.push("written");
  });
  await coming;
  expect(order).toEqual(["written", "registered"]);
  expect(await rows()).toEqual([{ id: "a", value: "2" }]);
});
