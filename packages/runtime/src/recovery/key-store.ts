import { column, defineRuntimeStore, type Row, table } from "../store/index.ts";

/**
 * - `running`: it runs, or a crash cut it short.
 * - `answered`, `failed`: it ended, with an answer or an error.
 * - `interrupted`: it ended without a certain answer, after it had committed something.
 * - `ended`: recovery finished its work, and that has no answer.
 */
export type KeyState = "running" | "answered" | "failed" | "interrupted" | "ended";

export const keyStore = defineRuntimeStore("keys", {
  tables: {
    /** Whose the keys of version 1 were cannot be told: they were kept by the process that the call came through. They go. */
    keys: table(
      {
        manager: column.text().primaryKey(),
        caller: column.text().primaryKey(),
        key: column.text().primaryKey(),
        operation: column.text(),
        inputDigest: column.text(),
        state: column.text<KeyState>(),
        provisional: column.text().nullable(),
        answer: column.text().nullable(),
        address: column.text(),
        epoch: column.integer(),
        createdAt: column.timestamp().index(),
      },
      { until: 2 },
    ),
    callKeys: table(
      {
        // The five of `IdempotencyKey`.
        manager: column.text().primaryKey(),
        operation: column.text().primaryKey(),
        tenant: column.text().primaryKey(),
        user: column.text().primaryKey(),
        key: column.text().primaryKey(),
        inputDigest: column.text(),
        state: column.text<KeyState>(),
        // What the last transaction gave that could be an answer.
        provisional: column.text().nullable(),
        // The answer, or the error's JSON.
        answer: column.text().nullable(),
        // What the key stands for: the resource of its work.
        resource: column.text().nullable(),
        address: column.text(),
        epoch: column.integer(),
        createdAt: column.timestamp().index(),
        // Of a durable cast: who delivers it, as `casterOf` has it. Such a key has no end but its acknowledgement.
        caster: column.text().nullable().since(3),
      },
      { since: 2, indexes: [{ columns: ["manager", "caster", "key"], since: 3 }] },
    ),
  },
});

export type KeyRow = Row<typeof keyStore, "callKeys">;
