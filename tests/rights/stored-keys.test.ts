import { call, contract } from "@reeve/contract";
import { column, connect, defineManager, defineStore, table } from "@reeve/runtime";
import { silentLogger } from "@reeve/testing";
import { expect, test } from "vitest";
import { z } from "zod";
import { nets } from "../kit/nets.ts";
import { host } from "./host.ts";

const entries = contract("entry", "1.0", {
  add: call({ input: z.object({ id: z.string() }), output: z.string(), dedupe: "store", roles: ["writer"] }),
});

function entryManager(rights: { suspended: boolean }, ran: string[]) {
  return defineManager({
    contract: entries,
    store: defineStore("entry", { tables: { entries: table({ id: column.text().primaryKey() }) } }),
    setup: ({ store }) => ({
      authorize: async () => !rights.suspended,
      operations: {
        async add({ id }) {
          ran.push(id);
          await store.transaction((tx) => tx.insert("entries", { id }));
          return `added ${id}`;
        },
      },
    }),
  });
}

test.each(nets)(
  "%s, an answer that is kept is given out, before and after a restart, only where the call may still run",
  async (_, open) => {
    await using net = await open();
    const rights = { suspended: false };
    const ran: string[] = [];
    await using vault = await host(net, "vault-01", ["web"], (s) => s.spawn(entryManager(rights, ran)));
    const key = { idempotencyKey: "k" };
    for (const life of ["first", "second"]) {
      // One that was there before may call the first incarnation until it hears of its end, and is told so.
      await using web = await connect({ transport: net.transport("web"), log: silentLogger });
      const add = (roles: string[]) => web.as({ user: "ada", roles }).ref(entries).add({ id: "x" }, key);
      if (life === "first") expect(await add(["writer"])).toBe("added x");
      expect(await add(["writer"]), life).toBe("added x");
      const refused = { reason: "NOT_PERMITTED", outcome: "not-executed" };
      await expect(add(["reader"]), life).rejects.toMatchObject(refused);
      rights.suspended = true;
      await expect(add(["writer"]), life).rejects.toMatchObject(refused);
      rights.suspended = false;
      if (life === "first") await vault.supervisor.restart("entry", "vault-01");
    }
    expect(ran).toEqual(["x"]);
  },
);
