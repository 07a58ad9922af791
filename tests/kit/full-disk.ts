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

/** In a log that grows: the last word of a process that was to recover the database, and what the server says of its end. */
const lastWord = /\[(\d+)\] FATAL: {2}could not write to file "pg_wal\/xlogtemp/g;
const noticedWithinMs = 5_000;

/**
 * Ends a server that cannot recover for want of room, and has not ended of that: PostgreSQL 18.4 misses now and then, on a busy
 * machine, that its startup process has. It lets nobody in from then on, and whoever runs it has to start it anew.
 */
export async function endIfStuck(server: PostgresServer): Promise<void> {
  if (!isStuck(server)) return;
  await new Promise((resolve) => setTimeout(resolve, noticedWithinMs));
  if (isStuck(server)) await server.kill();
}

function isStuck({ running, log }: PostgresServer): boolean {
  const said = [...log.matchAll(lastWord)].at(-1);
  if (!running || !said) return false;
  const since = log.slice(said.index);
  return !since.includes(`startup process (PID ${said[1]}) exited`) && !since.includes("starting PostgreSQL");
}
