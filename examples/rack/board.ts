import { call, cast, contract } from "@reeve/contract";
import { carriedOut, column, defineManager, defineStore, table } from "@reeve/runtime";
import { z } from "zod";

const Text = z.string().min(1).max(200);

/** Each storage host has a board, on which the others pin notes. */
export const boards = contract("board", "1.0", {
  /** Pins notes to the board of another host, which may be down. They are kept in one transaction, and come in their order. */
  send: call({ route: "address", input: z.object({ to: z.string(), notes: z.array(Text) }) }),
  pin: cast({ route: "address", durable: true, input: z.object({ to: z.string(), note: Text }), lane: ({ to }) => to }),
  read: call({ route: "address", input: z.object({}), output: z.array(Text), idempotent: true }),
});

const boardStore = defineStore("board", {
  tables: {
    /** Of all boards. */
    notes: table({
      id: column.text().primaryKey(),
      board: column.text().index(),
      place: column.integer(),
      text: column.text(),
    }),
  },
});

export const boardManager = defineManager({
  contract: boards,
  store: boardStore,
  setup: ({ store, address, newId }) => ({
    operations: {
      send: ({ to, notes }, ctx) =>
        store.transaction(async (tx) => {
          const board = ctx.ref(boards).at(to);
          for (const note of notes) await board.pin({ to, note }, { tx });
        }),
      pin: ({ note }) =>
        store.transaction(async (tx) => {
          const pinned = await tx.selectFrom("notes").select("id").where("board", "=", address).execute();
          await tx.insert("notes", { id: newId(), board: address, place: pinned.length, text: note });
          return carriedOut;
        }),
      read: async () => {
        const pinned = store.selectFrom("notes").select("text").where("board", "=", address).orderBy("place");
        return (await pinned.execute()).map(({ text }) => text);
      },
    },
  }),
});
