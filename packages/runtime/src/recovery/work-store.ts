import type { Principal } from "../rpc/principal.ts";
import { column, defineRuntimeStore, type Row, table } from "../store/index.ts";

export const workStore = defineRuntimeStore("work", {
  tables: {
    work: table(
      {
        id: column.text().primaryKey(),
        manager: column.text(),
        kind: column.text(),
        resource: column.text(),
        payload: column.text(),
        // Who began it.
        address: column.text(),
        epoch: column.integer(),
        begunAt: column.timestamp(),
        // Who answers for it now.
        holderAddress: column.text(),
        holderEpoch: column.integer(),
        // Goes up with each change of hands: what claims compare and set.
        claims: column.integer().default(0),
        failedRecoveries: column.integer().default(0),
        lastError: column.text().nullable(),
        // Of the call that began it: its idempotency key as `keyText` has it, where the store keeps it, and its principal.
        key: column.text().nullable().index().since(2),
        principal: column.json<Principal>().nullable().since(2),
      },
      {
        indexes: [
          { columns: ["manager", "resource"], unique: true },
          { columns: ["manager", "holderAddress"], until: 3 },
          // What somebody has left is looked for in this order, a few at a time.
          { columns: ["manager", "holderAddress", "id"], since: 3 },
        ],
      },
    ),
  },
});

export type WorkRow = Row<typeof workStore, "work">;
