import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { sqlite } from "@reeve/runtime/sqlite";
import { systemClock } from "@reeve/runtime/transport";

type Rows = readonly { readonly [column: string]: any }[];

const tables = {
  sacks: "granary_sacks",
  labels: "granary_labels",
  seals: "granary_seals",
  taken: "granary_taken",
  counts: "granary_counts",
  /** The journal's rows. */
  work: "reeve_work",
  /** The idempotency keys. */
  keys: "reeve_callKeys",
} as const;

/** What a process of after the loss of power finds, by table. */
export type Image = { readonly [table in keyof typeof tables]: Rows };

/**
 * Opens what is left as the next life of the program does, reads all of it, and lets SQLite look for damage.
 *
 * @throws Error when the store refuses it, or SQLite finds damage
 */
export async function readImage(directory: string): Promise<Image> {
  const path = join(directory, "store.sqlite");
  const connections = await sqlite({ path }).open({ clock: systemClock });
  try {
    using database = new DatabaseSync(path, { readOnly: true });
    const damage = JSON.stringify(database.prepare("pragma integrity_check").all());
    if (damage !== '[{"integrity_check":"ok"}]') throw new Error(`damaged: ${damage}`);
    const known = new Set(
      database
        .prepare("select name from sqlite_schema")
        .all()
        .map(({ name }) => name),
    );
    const rows = (table: string): Rows => (known.has(table) ? database.prepare(`select * from ${table}`).all() : []);
    return Object.fromEntries(Object.entries(tables).map(([name, table]) => [name, rows(table)])) as unknown as Image;
  } finally {
    await connections.close();
  }
}
