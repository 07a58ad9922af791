import type { Statement, StatementResult } from "./batch.ts";

/**
 * One row for each session: the number of its last transaction that was committed, written by that transaction itself. The server's
 * own numbers of transactions would not do: after a crash it gives some of them to others.
 */
export const recordTable = "reeve_commits";

export const makeRecordSql = `create table if not exists ${recordTable}
  (session text primary key, serial bigint not null, at timestamptz not null) with (fillfactor = 50)`;

/** Sessions that ended long ago: their transactions ended with them. The table has a row for each that wrote within a day. */
export const purgeRecordSql = `delete from ${recordTable} where at < clock_timestamp() - interval '1 day'`;

const writeSql = `insert into ${recordTable} as record (session, serial, at) values ($1, $2, clock_timestamp())
  on conflict (session) do update set serial = excluded.serial, at = excluded.at`;

const syncSql = `update ${recordTable} set at = clock_timestamp() where session = $1`;

/** Should the number be another's by now, that is one of this kind, which loses no more than a try. */
const endSql = `select pg_terminate_backend(pid) from pg_stat_activity
  where pid = $1 and usename = current_user and application_name = current_setting('application_name')`;

/**
 * Stands for a session that commits nothing any more, after its transaction of that number, 0 for none: whoever asks again, as the
 * answer may have been lost, is told the same.
 */
const closedAfter = (serial: number) => -1 - serial;

interface Asked {
  run(statements: readonly Statement[]): Promise<readonly StatementResult[]>;
}

export interface TransactionRecord {
  /** Of the session, never given twice. */
  readonly session: string;
  readonly serial: number;
  /** Of the server's process that the session is with. */
  readonly processId: number;
}

/** What a transaction says just before its COMMIT. */
export function recordStatement({ session, serial }: TransactionRecord): Statement {
  return { text: writeSql, values: [session, String(serial)] };
}

/** Said before a COMMIT that lets others go on before it lasts. */
export const unsynced: Statement = { text: "set local synchronous_commit = off" };

/** What is said after such a COMMIT: it is answered when its own change lasts, and with that all that was committed before it. */
export function syncStatement({ session }: TransactionRecord): Statement {
  return { text: syncSql, values: [session] };
}

/**
 * Whether a transaction was committed whose COMMIT was said and not answered. Waits for one that is being committed; one that is
 * not is kept from it for ever, also if its COMMIT is still on its way: it is serializable, and finds its row changed. One that was committed lasts when this resolves.
 *
 * @param ask another session
 */
export async function wasCommitted({ session, serial, processId }: TransactionRecord, ask: Asked): Promise<boolean> {
  const values = [session];
  const results = await ask.run([
    { text: "begin isolation level read committed" },
    {
      text: `insert into ${recordTable} (session, serial, at) values ($1, ${closedAfter(0)}, clock_timestamp()) on conflict do nothing`,
      values,
    },
    { text: `select serial from ${recordTable} where session = $1 for update`, values },
    { text: `update ${recordTable} set serial = -1 - serial where session = $1 and serial >= 0`, values },
    { text: "commit" },
  ]);
  const [last] = results[2]!.rows as readonly { readonly serial: number }[];
  // A server that has not noticed the loss would keep its locks from the one that comes now. Not all may end a session.
  await ask.run([{ text: endSql, values: [String(processId)] }]).catch(() => {});
  return last?.serial === serial || last?.serial === closedAfter(serial);
}
