import { call, cast, contract } from "@reeve/contract";
import { carriedOut, createSupervisor, defineManager, inProcess } from "@reeve/runtime";
import { hosts } from "@reeve/runtime/host";
import { sqlite } from "@reeve/runtime/sqlite";
import { sharedStore, silentLogger } from "@reeve/testing";
import { expect, onTestFinished, test, vi } from "vitest";
import { z } from "zod";
import { ledgerStore } from "./ledger.ts";

const Note = z.object({ text: z.string() });
const read = call({ input: z.object({}), output: z.array(z.string()) });
const older = contract("ledger", "1.0", { read });
const newer = contract("ledger", "1.1", { read, note: cast({ input: Note, durable: true, since: "1.1" }) });

const before = defineManager({
  contract: older,
  store: ledgerStore,
  setup: () => ({ operations: { read: () => [] } }),
});

const after = defineManager({
  contract: newer,
  store: ledgerStore,
  setup: ({ store }) => ({
    operations: {
      note: ({ text }, ctx) =>
        store.transaction(async (tx) => {
          await tx.insert("notes", { at: 0, text, key: ctx.idempotencyKey ?? "" });
          return carriedOut;
        }),
      read: async () => (await store.selectFrom("notes").select("text").execute()).map(({ text }) => text),
    },
  }),
});

test.each([undefined, "book-01"])(
  "a cast for members that are too old (at %s) waits for one that is not",
  async (at) => {
    const hub = inProcess();
    const stores = {
      "tell-01": sharedStore(sqlite({ path: ":memory:" })),
      "book-01": sharedStore(sqlite({ path: ":memory:" })),
    };
    const start = async (host: keyof typeof stores, manager?: typeof before | typeof after) => {
      const transport = hub.client({ caller: host });
      const trustedForwarders = ["*"];
      const supervisor = createSupervisor({
        host,
        transport,
        trustedForwarders,
        store: stores[host],
        log: silentLogger,
      });
      onTestFinished(() => supervisor.stop());
      if (manager) supervisor.spawn(manager);
      await supervisor.start();
      return supervisor;
    };
    const tells = await start("tell-01");
    const old = await start("book-01", before);
    const host = tells
      .as({ user: "ada", roles: ["operator"] })
      .ref(hosts)
      .at("tell-01");
    await vi.waitFor(() => tells.ref(older).read({}));
    const ref = tells.ref(newer);
    await (at === undefined ? ref : ref.at(at)).note({ text: "one" });
    await vi.waitFor(async () => {
      const { items } = await host.casts({});
      expect(items).toMatchObject([{ state: "waiting", reason: "UNSUPPORTED_VERSION", address: null }]);
    });
    await old.stop();
    const book = await start("book-01", after);
    await vi.waitFor(async () => expect(await book.ref(newer).read({})).toEqual(["one"]), {
      timeout: 10_000,
      interval: 20,
    });
  },
);
