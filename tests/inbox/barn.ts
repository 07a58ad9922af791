import { appendFileSync } from "node:fs";
import { call, cast, contract } from "@reeve/contract";
import { carriedOut, column, defineManager, defineStore, job, table } from "@reeve/runtime";
import { z } from "zod";

const Bale = z.object({ bale: z.string() });

/** Each operation is a durable cast, whose handler does its work in another way. */
export const barns = contract("barn", "1.0", {
  /** In journalled work. */
  thresh: cast({ input: Bale, durable: true }),
  /** In one transaction, which says that it is the last. */
  store: cast({ input: Bale, durable: true }),
  /** In one transaction, which says nothing. */
  stack: cast({ input: Bale, durable: true }),
  /** In two transactions, of which the second says that it is the last. */
  weigh: cast({ input: Bale, durable: true }),
  /** Without a commit: it writes a line into a file. */
  shout: cast({ input: Bale, durable: true }),
  /** Not a cast. */
  steps: call({ input: Bale, output: z.array(z.string()), dedupe: "store" }),
});
export const operations = ["thresh", "store", "stack", "weigh", "shout"] as const;
export type Operation = (typeof operations)[number];

export const barnStore = defineStore("barn", {
  tables: {
    effects: table({ id: column.text().primaryKey(), bale: column.text(), step: column.text() }),
  },
});

/**
 * @param path of the file that `shout` writes to
 * @param before `shout` waits for it
 */
export function barnManager(path: string, before: (bale: string) => Promise<void> | undefined = () => undefined) {
  return defineManager({
    contract: barns,
    store: barnStore,
    jobs: { threshing: job() },
    setup: ({ store, work, newId }) => {
      const effect = (bale: string, step: string, result?: unknown) =>
        store.transaction(async (tx) => {
          await tx.insert("effects", { id: newId(), bale, step });
          return result;
        });
      return {
        operations: {
          async thresh({ bale }) {
            const begun = await store.transaction(async (tx) => {
              await tx.insert("effects", { id: newId(), bale, step: "begun" });
              return work.begin(tx, "threshing", bale);
            });
            await work.run(begun, async () => async (tx) => {
              await tx.insert("effects", { id: newId(), bale, step: "threshed" });
            });
          },
          async store({ bale }) {
            await effect(bale, "stored", carriedOut);
          },
          async stack({ bale }) {
            await effect(bale, "stacked");
          },
          async weigh({ bale }) {
            await effect(bale, "on the scales");
            await effect(bale, "weighed", carriedOut);
          },
          async shout({ bale }) {
            await before(bale);
            appendFileSync(path, `${bale}\n`);
          },
          async steps({ bale }) {
            const rows = await store
              .selectFrom("effects")
              .select("step")
              .where("bale", "=", bale)
              .orderBy("id")
              .execute();
            return rows.map(({ step }) => step);
          },
        },
        recover: {
          threshing:
            ({ resource }) =>
            async (tx) =>
              void (await tx.insert("effects", { id: newId(), bale: resource, step: "threshed by recovery" })),
        },
      };
    },
  });
}
