import type { Route } from "@reeve/contract";
import type { Principal } from "../rpc/principal.ts";
import { column, defineRuntimeStore, type Row, table } from "../store/index.ts";
import type { CastState } from "./cast-rules.ts";

/** What the contract said of the operation when the cast was made: whoever delivers it may not have that contract. */
export interface CastTerms {
  readonly minor: number;
  readonly sinceMinor: number;
  readonly route: Route;
  readonly timeoutMs: number;
  readonly onDeadLetter: "stop" | "skip";
  /** As the contract names it; null without one. */
  readonly lane: string | null;
}

/**
 * Casts from their commit to the acknowledgement of their callee. Bounded by what managers cast and what operators leave dead; rows
 * that are done go with the next delivery to the same address. Times are by the database's clock, in milliseconds since 1970.
 */
export const castStore = defineRuntimeStore("casts", {
  tables: {
    outbox: table(
      {
        id: column.text().primaryKey(),
        // Who delivers it: an incarnation's manager and address, or "host" and the name of a host.
        holderManager: column.text(),
        holderAddress: column.text(),
        host: column.text(),
        // The same for whom it was made by: `manager/address`, or the host.
        sender: column.text(),
        manager: column.text(),
        major: column.integer(),
        operation: column.text(),
        terms: column.json<CastTerms>(),
        // As the caller named it: an address or a cluster. Null: anybody.
        at: column.text().nullable(),
        // Where it was sent: its key is known there, and in that store.
        address: column.text().nullable(),
        store: column.text().nullable(),
        // One at a time of each lane, in order of place. Null: it has none, is not due yet, or has left it.
        lane: column.text().nullable(),
        place: column.integer().nullable(),
        input: column.text(),
        principal: column.json<Principal>(),
        requestId: column.text(),
        createdAt: column.timestamp(),
        // Null: at once.
        dueAt: column.integer().nullable(),
        state: column.text<CastState>(),
        // When it is looked at next, 0 for at once; null while something else is awaited. Of what is done: when its key may go, null for at once.
        nextAt: column.integer().nullable(),
        attempts: column.integer().default(0),
        // The backoff that attempts which reached somebody have cost.
        waitedMs: column.integer().default(0),
        // An attempt may have been carried out.
        uncertain: column.boolean().default(false),
        // Nobody was there to take it at the last attempt.
        absent: column.boolean().default(false),
        // Its callee has said what became of it, and it is dead of that.
        judged: column.boolean().default(false).since(2),
        // What its callee keeps it by, without the prefix: its id, or another one where an operator had it begun anew.
        key: column.text(),
        reason: column.text().nullable(),
        lastError: column.text().nullable(),
        // How often it has changed hands.
        claims: column.integer().default(0),
      },
      {
        indexes: [
          { columns: ["holderManager", "holderAddress", "state", "nextAt", "id"] },
          { columns: ["lane", "place"] },
          { columns: ["host", "state", "id"] },
        ],
      },
    ),
  },
});

export type CastRow = Row<typeof castStore, "outbox">;
