import { AsyncLocalStorage } from "node:async_hooks";
import { call, cast, contract } from "@reeve/contract";
import { carriedOut, column, defineManager, defineStore, table } from "@reeve/runtime";
import { z } from "zod";

const Order = z.object({ id: z.string() });
const Line = Order.extend({ lane: z.string(), place: z.number() });
type Line = z.infer<typeof Line>;

/** Every order is a row and three casts, in one transaction. */
export const shop = contract("shop", "1.0", {
  order: call({ input: Order.extend({ lane: z.number() }), timeout: "60s" }),
  /** One more cast to each: it says which keys may go. */
  settle: call({ input: z.object({}), timeout: "60s" }),
});

const durable = true;

export const book = contract("book", "1.0", {
  /** To one address, in the order of its lane. */
  line: cast({ input: Line, durable, lane: ({ lane }) => lane }),
  /** To whoever is there. */
  note: cast({ input: Order, durable }),
  /** By a timer, to whoever is there. */
  ring: cast({ input: Order, durable }),
  settle: cast({ input: z.object({}), durable }),
});

export const kinds = ["line", "note", "ring"] as const;
type Kind = (typeof kinds)[number];

const shopStore = defineStore("shop", {
  tables: { orders: table({ id: column.text().primaryKey(), lane: column.text(), place: column.integer() }) },
});

export const shopManager = defineManager({
  contract: shop,
  store: shopStore,
  limits: { maxInFlight: 256 },
  setup: ({ store }) => ({
    operations: {
      async order({ id, lane: number }, ctx) {
        const lane = `lane ${number}`;
        await store.transaction(async (tx) => {
          const before = await tx.selectFrom("orders").select("id").where("lane", "=", lane).execute();
          const place = before.length;
          await tx.insert("orders", { id, lane, place });
          await ctx
            .ref(book)
            .at(`book-0${1 + (number % 2)}`)
            .line({ id, lane, place }, { tx });
          await ctx.ref(book).note({ id }, { tx });
          await ctx.ref(book).ring({ id }, { tx, after: 20 });
        });
      },
      async settle(_, ctx) {
        for (const address of ["book-01", "book-02"]) await ctx.ref(book).at(address).settle({});
      },
    },
  }),
});

const bookStore = defineStore("book", {
  tables: {
    effects: table({
      at: column.integer().primaryKey(),
      kind: column.text<Kind>(),
      of: column.text(),
      lane: column.text(),
      place: column.integer(),
    }),
  },
});

export interface BookOptions {
  /** An effect is committed for itself, without the key of its cast, which is kept after it. Default false. */
  readonly apart?: boolean;
  /** Told of each effect that is committed. */
  readonly onEffect?: (() => void) | undefined;
}

export function bookManager({ apart = false, onEffect = () => {} }: BookOptions) {
  return defineManager({
    contract: book,
    store: bookStore,
    limits: { maxInFlight: 256 },
    setup: ({ store }) => {
      const outside = AsyncLocalStorage.snapshot();
      const commit = (kind: Kind, { id, lane, place }: Line) =>
        store.transaction(async (tx) => {
          const before = await tx.selectFrom("effects").select("at").execute();
          await tx.insert("effects", { at: before.length, kind, of: id, lane, place });
          return carriedOut;
        });
      const effect = async (kind: Kind, line: Line) => {
        await (apart ? outside(commit, kind, line) : commit(kind, line));
        onEffect();
      };
      return {
        operations: {
          line: (line) => effect("line", line),
          note: ({ id }) => effect("note", { id, lane: "", place: 0 }),
          ring: ({ id }) => effect("ring", { id, lane: "", place: 0 }),
          settle: async () => {},
        },
      };
    },
  });
}
