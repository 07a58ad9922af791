import { call, cast, contract } from "@reeve/contract";
import { type Context, carriedOut, column, defineManager, defineStore, type Store, table } from "@reeve/runtime";
import { z } from "zod";

const Note = z.object({ text: z.string() });

/** Who is told: each note is a row, and one that comes twice would be two. */
export const ledger = contract("ledger", "1.0", {
  note: cast({ input: Note, durable: true }),
  inOrder: cast({ input: Note.extend({ book: z.string() }), durable: true, lane: ({ book }) => book }),
  lenient: cast({
    input: Note.extend({ book: z.string() }),
    durable: true,
    lane: ({ book }) => book,
    onDeadLetter: "skip",
  }),
  owned: cast({ input: Note.extend({ owner: z.string() }), durable: true, route: "owner" }),
  read: call({ input: z.object({}), output: z.array(z.string()) }),
});

export const ledgerStore = defineStore("ledger", {
  tables: { notes: table({ at: column.integer().primaryKey(), text: column.text(), key: column.text() }) },
});

/** What the ledger does before it writes a note: waits, or fails. */
export type BeforeNote = (text: string, key: string | undefined) => unknown;

export function ledgerManager(before: BeforeNote = () => {}) {
  return defineManager({
    contract: ledger,
    store: ledgerStore,
    setup: ({ store }) => {
      const note = async ({ text }: { text: string }, { idempotencyKey }: { idempotencyKey: string | undefined }) => {
        await before(text, idempotencyKey);
        await store.transaction(async (tx) => {
          const rows = await tx.selectFrom("notes").select("at").execute();
          await tx.insert("notes", { at: rows.length, text, key: idempotencyKey ?? "" });
          return carriedOut;
        });
      };
      return {
        owner: ({ owner }: { owner: string }) => owner,
        operations: {
          note,
          inOrder: note,
          lenient: note,
          owned: note,
          read: async () => {
            const rows = await store.selectFrom("notes").select("text").orderBy("at").execute();
            return rows.map(({ text }) => text);
          },
        },
      };
    },
  });
}

/** Who tells: it does what a test says, as an operation whose key its store keeps, and as a cast to itself. */
export const office = contract("office", "1.0", {
  act: call({ input: z.object({ what: z.string() }), output: z.string(), dedupe: "store" }),
  later: cast({ input: z.object({ what: z.string() }), durable: true }),
});

export const officeStore = defineStore("office", { tables: { done: table({ what: column.text().primaryKey() }) } });

export type Act = (what: string, ctx: Context, store: Store<typeof officeStore>) => unknown;

export function officeManager(act: Act) {
  return defineManager({
    contract: office,
    store: officeStore,
    setup: ({ store }) => ({
      operations: {
        act: async ({ what }, ctx) => {
          await act(what, ctx, store);
          return what;
        },
        later: async ({ what }, ctx) => {
          await act(what, ctx, store);
        },
      },
    }),
  });
}

/** One without tables, which tells as well. */
export const kiosk = contract("kiosk", "1.0", {
  act: call({ input: z.object({ what: z.string() }), output: z.string() }),
});

export function kioskManager(
  act: (what: string, ctx: Context) => unknown,
  started: (ctx: Context) => unknown = () => {},
) {
  return defineManager({
    contract: kiosk,
    setup: () => ({
      initHostWithRpc: async (ctx) => void (await started(ctx)),
      operations: {
        act: async ({ what }, ctx) => {
          await act(what, ctx);
          return what;
        },
      },
    }),
  });
}
