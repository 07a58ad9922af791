import { sqlite } from "@reeve/runtime/sqlite";
import { natsCluster, sharedStore } from "@reeve/testing";
import { expect, test, vi } from "vitest";
import { ledger, ledgerManager, office, officeManager } from "./ledger.ts";

vi.setConfig({ testTimeout: 60_000 });
const soon = { timeout: 30_000, interval: 50 };

const teller = officeManager(async (what, ctx, store) => {
  await store.transaction(async (tx) => {
    await tx.insert("done", { what });
    await ctx.ref(ledger).inOrder({ text: what, book: "b" }, { tx });
  });
});

test("what is cast while the broker is away is kept, and carried out once and in order when it is back", async () => {
  await using cluster = await natsCluster({ hosts: { "tell-01": [teller], "book-01": [ledgerManager()] } });
  const acts = cluster.host("tell-01").ref(office);
  await acts.act({ what: "before" });
  await vi.waitFor(async () => expect(await cluster.host("book-01").ref(ledger).read({})).toEqual(["before"]), soon);
  await cluster.server.kill();
  for (const what of ["1", "2", "3"]) await acts.act({ what });
  expect(await cluster.host("book-01").ref(ledger).read({})).toEqual(["before"]);
  await cluster.server.restart();
  const all = ["before", "1", "2", "3"];
  await vi.waitFor(async () => expect(await cluster.host("book-01").ref(ledger).read({})).toEqual(all), soon);
});

test("a manager elsewhere that is not there yet finds what was cast for it", async () => {
  const stores = new Map<string, ReturnType<typeof sharedStore>>();
  const store = (host: string) => {
    const shared = stores.get(host) ?? sharedStore(sqlite({ path: ":memory:" }));
    stores.set(host, shared);
    return shared;
  };
  await using cluster = await natsCluster({ hosts: { "tell-01": [teller], "book-01": [] }, store });
  const acts = cluster.host("tell-01").ref(office);
  for (const what of ["1", "2"]) await acts.act({ what });
  const book = cluster.host("book-01");
  await book.spawn(ledgerManager()).ready();
  await vi.waitFor(async () => expect(await book.ref(ledger).read({})).toEqual(["1", "2"]), soon);
});
