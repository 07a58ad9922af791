import { column, defineRuntimeStore, type Row, table } from "../store/index.ts";

/** `interrupted`: it ended without a certain answer, after it had committed something. */
export type KeyState = "running" | "answered" | "failed" | "interrupted";

export const keyStore = defineRuntimeStore("keys", {
  tables: {
    keys: table({
      manager: column.text().primaryKey(),
      caller: column.text().primaryKey(),
      key: column.text().primaryKey(),
      operation: column.text(),
      inputDigest: column.text(),
      state: column.text<KeyState>(),
      // What the last transaction gave that could be an answer.
      provisional: column.text().nullable(),
      // The answer, or the error's JSON.
      answer: column.text().nullable(),
      address: column.text(),
      epoch: column.integer(),
      createdAt: column.timestamp().index(),
    }),
  },
});

export type KeyRow = Row<typeof keyStore, "keys">;
