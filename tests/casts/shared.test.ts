import { postgres } from "@reeve/postgres";
import { createSupervisor, inProcess, type Supervisor } from "@reeve/runtime";
import { postgresServer, silentLogger } from "@reeve/testing";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { ledger, ledgerManager, office, officeManager } from "./ledger.ts";

type Server = Awaited<ReturnType<typeof postgresServer>>;
let server: Server;

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });
const soon = { timeout: 30_000, interval: 20 };

beforeAll(async () => {
  server = await postgresServer();
});
afterAll(() => server.close());

/** Two hosts on one database: the first tells, the second keeps the book. */
async function twoHosts() {
  const hub = inProcess();
  const url = await server.createDatabase();
  const trustedForwarders = ["*"];
  const start = async (host: string, spawn: (supervisor: Supervisor) => void) => {
    const transport = hub.client({ caller: host });
    const supervisor = createSupervisor({
      host,
      transport,
      trustedForwarders,
      log: silentLogger,
      store: postgres({ url }),
    });
    onTestFinished(() => supervisor.stop());
    spawn(supervisor);
    await supervisor.start();
    return supervisor;
  };
  const teller = officeManager(async (what, ctx, store) => {
    await store.transaction(async (tx) => {
      await tx.insert("done", { what });
      await ctx.ref(ledger).inOrder({ text: what, book: "b" }, { tx });
      if (what.startsWith("undone")) throw new Error("no");
    });
  });
  const tells = await start("tell-01", (supervisor) => supervisor.spawn(teller));
  const books = await start("book-01", (supervisor) => supervisor.spawn(ledgerManager()));
  const told = () => books.ref(ledger).read({});
  return { tells, told };
}

test("on PostgreSQL, casts of one lane that are made at once are carried out once each, those that roll back never", async () => {
  const { tells, told } = await twoHosts();
  const acts = tells.ref(office);
  const texts = Array.from({ length: 30 }, (_, index) => `${index % 3 === 0 ? "undone" : "done"} ${index}`);
  const settled = await Promise.allSettled(texts.map((what) => acts.act({ what })));
  const kept = texts.filter((_, index) => settled[index]!.status === "fulfilled");
  expect(kept).toHaveLength(20);
  await vi.waitFor(async () => expect(await told()).toHaveLength(20), soon);
  expect([...(await told())].sort()).toEqual([...kept].sort());
});

test("on PostgreSQL, casts one after the other keep their order, and a timer fires by its clock", async () => {
  const { tells, told } = await twoHosts();
  for (const what of ["1", "2", "3", "4", "5"]) await tells.ref(office).act({ what });
  await tells.ref(ledger).note({ text: "timer" }, { after: 200 });
  await vi.waitFor(async () => expect(await told()).toHaveLength(6), soon);
  expect((await told()).filter((text) => text !== "timer")).toEqual(["1", "2", "3", "4", "5"]);
});
