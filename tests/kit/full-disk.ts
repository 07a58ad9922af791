import { existsSync } from "node:fs";
import { join } from "node:path";
import type { PostgresServer } from "@reeve/testing";
import pg from "pg";
import type { SmallDisk } from "./small-disk.ts";

/**
 * Fills the disk of a PostgreSQL, and uses up the files of its log that are there: whoever writes to that next needs another one.
 * Resolves when that is so, or the server has ended.
 */
export async function fillWithLog(server: PostgresServer, disk: SmallDisk): Promise<void> {
  // There before: one that comes later may find no room for itself.
  const client = new pg.Client(server.url);
  client.on("error", () => {});
  await client.connect();
  const hasNext = async () => {
    const { rows } = await client.query("select pg_walfile_name(pg_current_wal_insert_lsn()) as name");
    return existsSync(join(disk.root, "data", "pg_wal", rows[0].name));
  };
  try {
    do disk.fill();
    while ((await hasNext()) && (await client.query("select pg_logical_emit_message(false, '', ''), pg_switch_wal()")));
  } catch {
    // Somebody else has written to it meanwhile.
  } finally {
    await client.end().catch(() => {});
  }
}
