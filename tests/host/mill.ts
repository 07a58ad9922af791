import { call, contract } from "@reeve/contract";
import { column, defineManager, defineStore, job, table } from "@reeve/runtime";
import { z } from "zod";

export const mills = contract("mill", "1.0", {
  /** Begins to grind a sack, and resolves when that has come to its end. */
  grind: call({ input: z.object({ sack: z.string(), breaks: z.boolean().default(false) }), timeout: "10m" }),
});

const millStore = defineStore("mill", { tables: { sacks: table({ sack: column.text().primaryKey() }) } });

/** A manager with journalled work that runs until it is told to end, or fails for ever. */
export const millManager = defineManager({
  contract: mills,
  store: millStore,
  limits: { drainTimeout: "1s" },
  jobs: { "sack.grinding": job() },
  setup: ({ store, work }) => ({
    operations: {
      async grind({ sack, breaks }) {
        const begun = await store.transaction((tx) => work.begin(tx, "sack.grinding", sack));
        await work.run(begun, async ({ signal }) => {
          if (breaks) throw new Error("the stone is broken");
          await new Promise((_, reject) => {
            signal.addEventListener("abort", () => reject(signal.reason), { once: true });
          });
        });
      },
    },
    recover: {
      "sack.grinding"() {
        throw new Error("the stone is still broken");
      },
    },
  }),
});
