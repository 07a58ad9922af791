import { type PostgresServer, postgresServer } from "@reeve/testing";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { openCounters } from "./counters.test-kit.ts";
import { rewritingProxy } from "./rewriting-proxy.test-kit.ts";

let server: PostgresServer;
beforeAll(async () => {
  server = await postgresServer();
});
afterAll(() => server.close());

/** As a server says it that speaks French: `lc_messages` is for its owner to set. */
const french = [
  ["SERROR\0", "SERREU\0"],
  ["SFATAL\0", "SFATAI\0"],
  ["cached plan must not change result type", "le plan en cache ne peut pas changer de"],
  ["duplicate key value violates unique", "la valeur d'une clef viole l'unicite"],
] as const;

async function open() {
  const url = new URL(await server.createDatabase());
  const proxy = await rewritingProxy(Number(url.port), french);
  onTestFinished(() => proxy[Symbol.asyncDispose]());
  url.port = String(proxy.port);
  const opened = await openCounters({ url: url.href, pool: { max: 2 }, applicationName: "french" });
  onTestFinished(() => opened[Symbol.asyncDispose]());
  return { url: url.href, ...opened };
}

test("statements after one that fails get their own answers, whatever language the server speaks", async () => {
  const { store } = await open();
  const seen: unknown[] = [];
  await store.transaction(async (tx) => {
    seen.length = 0;
    await tx.insert("counters", { id: "a", value: 1 });
    const results = await Promise.allSettled([
      tx.insert("counters", { id: "a" }),
      tx.get("counters", "a"),
      tx.insert("counters", { id: "b", value: 2 }),
      tx.get("counters", "b"),
    ]);
    for (const result of results)
      seen.push(result.status === "rejected" ? result.reason.reason : (result.value as { value: number }).value);
  });
  expect(seen).toEqual(["ROW_EXISTS", 1, 2, 2]);
  for (let time = 0; time < 20; time++)
    await expect(store.transaction((tx) => tx.insert("counters", { id: "a" }))).rejects.toMatchObject({
      reason: "ROW_EXISTS",
      data: { table: "counters", columns: ["id"] },
    });
  expect((await store.get("counters", "b")).value).toBe(2);
});

test("a table that has changed, and a session that the server ends, are known in any language", async () => {
  const { store, url } = await open();
  await store.transaction((tx) => tx.insert("counters", { id: "a" }));
  for (let time = 0; time < 12; time++) await store.get("counters", "a");
  await server.query("alter table counter_counters add column note text not null default 'new'", [], url);
  expect({ ...(await store.get("counters", "a")) }).toEqual({ id: "a", value: 0, note: "new" });
  let runs = 0;
  const cut = () =>
    store.transaction(async (tx) => {
      runs += 1;
      await tx.update("counters", "a", { value: runs });
      if (runs > 1) return;
      await server.query(
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'french'",
        [],
        url,
      );
      await tx.update("counters", "a", { value: 10 });
    });
  // It runs again by itself, unless the store has no session at all for a moment: then it is refused, and asked for again.
  await vi.waitFor(cut, { timeout: 10_000 });
  expect(runs).toBe(2);
  await vi.waitFor(async () => expect((await store.get("counters", "a")).value).toBe(2), { timeout: 10_000 });
});
