import { call, contract } from "@reeve/contract";
import { column, defineStore, table } from "@reeve/runtime";
import { seededRandom } from "@reeve/testing";
import { z } from "zod";

const Id = z.object({ id: z.string() });

/** What a caller knows of a sack. `revision` counts its moves. */
export const Sack = z.object({ id: z.string(), stored: z.boolean(), revision: z.number() });
export type Sack = z.infer<typeof Sack>;

/** How many sacks were ever begun, stored and taken away. */
export const Counts = z.object({ begun: z.number(), stored: z.number(), taken: z.number() });
export type Counts = z.infer<typeof Counts>;

/** A manager whose every transaction changes several tables, so that one of which a part is missing shows. */
export const granary = contract("granary", "1.0", {
  /** Journalled: begun in one transaction, stored in another. */
  store: call({ input: Id, output: Sack, dedupe: "store", timeout: "60s" }),
  move: call({ input: Id, output: Sack, timeout: "60s" }),
  take: call({ input: Id, output: Counts, timeout: "60s" }),
  /** By readers of what is committed. */
  look: call({ input: z.object({}), output: z.object({ sacks: z.array(Sack), counts: Counts }), timeout: "60s" }),
  /** By a transaction that changes nothing. */
  count: call({ input: z.object({}), output: Counts, timeout: "60s" }),
  /** By a transaction that is refused: its error tells what it saw. */
  refuse: call({ input: Id, errors: { SEEN: Sack }, timeout: "60s" }),
});

export const granaryStore = defineStore("granary", {
  tables: {
    sacks: table({
      id: column.text().primaryKey(),
      grain: column.text(),
      stored: column.boolean().default(false),
      revision: column.integer().default(0),
    }),
    labels: table({ id: column.text().primaryKey(), revision: column.integer().default(0) }),
    seals: table({ id: column.text().primaryKey() }),
    taken: table({ id: column.text().primaryKey() }),
    counts: table({
      id: column.integer().primaryKey(),
      begun: column.integer(),
      stored: column.integer(),
      taken: column.integer(),
    }),
  },
});

/** What is in a sack: from nothing to several pages of it, told by its id, so that a damaged one shows. */
export function grainOf(id: string): string {
  const random = seededRandom([...id].reduce((sum, letter) => sum * 31 + letter.charCodeAt(0), 0));
  const most = random() < 0.2 ? 3_000 : 300;
  return `${id} `.repeat(Math.floor(random() * most));
}
