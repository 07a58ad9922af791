import type { Account } from "./account.ts";
import type { Estate } from "./estate.ts";

/** Of each process, and of each table of the runtime, once nothing is on its way. */
export interface Grown {
  readonly heap: ReadonlyMap<string, number>;
  readonly rows: ReadonlyMap<string, number>;
  /** Calls that were ever made, and errands. */
  readonly calls: number;
}

/** Growth of a process's heap that is taken for noise. */
const heapSlackBytes = 64 * 2 ** 20;
const mib = (bytes: number) => Math.round(bytes / 2 ** 20);

const keysOfCalls = "reeve_callKeys";
const keysOfCasts = "reeve_callKeys of casts";
/** In so many rounds some process is started, which deletes the keys of the day before. */
const roundsOfKeys = 3;

/**
 * How many more rows a table may have than at the first measurement, whatever has happened since. Without a number here a table
 * grows by nothing: its rows are one for each manager, name or task that there is. Keys of calls are as many as there were calls in
 * the last rounds: each measurement makes a day pass.
 *
 * | table | its rows | who deletes them |
 * |---|---|---|
 * | `reeve_work` | work that is not finished | whoever finishes it |
 * | `reeve_outbox` | casts that are not carried out, and the last ones to each address, whose keys are still known there | the next delivery there |
 * | `reeve_callKeys` | those of casts until their row of the outbox goes, no more than 10,000 of one caller; others for 24 h | the acknowledgement; hourly, and at the first commit of a life |
 * | `reeve_commits` | one for each session that wrote in the last 24 h | hourly, and as a process starts |
 * | `reeve_leases` | names that were held in the last 24 h | hourly, whoever uses leases |
 * | `reeve_fence`, `reeve_service` | one for each manager at each address that there ever was | nobody |
 */
const mayGrowBy: Readonly<Record<string, number>> = {
  reeve_work: 50,
  reeve_outbox: 150,
  [keysOfCasts]: 150,
  // Sessions of several rounds in which no process was started.
  reeve_commits: 400,
  // A row for each request whose answer was lost on its way, until it expires.
  reeve_leases: 10,
  reeve_leaseFloor: 1,
  reeve_cordon: 0,
};

/** Counts, and then makes what is kept for a day be a day old, so that it is gone by the next time. */
export async function measured(estate: Estate, errands: Account): Promise<Grown> {
  const heap = new Map<string, number>();
  for (const host of estate.hosts) heap.set(host.name, await host.heapBytes());
  const tables = await estate.query(
    `select tablename as name from pg_tables where schemaname = current_schema() and tablename like 'reeve\\_%'`,
  );
  const rows = new Map<string, number>();
  for (const { name } of tables) {
    const [count] = await estate.query(`select count(*) as rows from "${name}"`);
    rows.set(String(name), Number(count!.rows));
  }
  const [casts] = await estate.query(`select count(*) as rows from "reeve_callKeys" where caster is not null`);
  rows.set(keysOfCasts, Number(casts!.rows));
  rows.set(keysOfCalls, rows.get(keysOfCalls)! - Number(casts!.rows));
  await estate.query(`update reeve_commits set at = at - interval '1 day'`);
  await estate.query(`update "reeve_callKeys" set "createdAt" = "createdAt" - interval '1 day'
    where caster is null and state in ('answered', 'failed', 'ended')`);
  return { heap, rows, calls: estate.account.entries.length + errands.entries.length };
}

/** What has grown beyond its bound, by the measurements of all rounds so far. */
export function* grew(rounds: readonly Grown[]): Generator<string> {
  const [from, to] = [rounds[0]!, rounds.at(-1)!];
  for (const [name, bytes] of to.heap) {
    const before = from.heap.get(name) ?? bytes;
    if (bytes > before + heapSlackBytes) yield `the heap of ${name} has grown from ${mib(before)} to ${mib(bytes)} MiB`;
  }
  const calls = to.calls - (rounds.at(-1 - roundsOfKeys)?.calls ?? 0);
  for (const [name, rows] of to.rows) {
    const before = from.rows.get(name) ?? rows;
    const bound = name === keysOfCalls ? calls : before + (mayGrowBy[name] ?? 0);
    if (rows > bound) yield `${name} has grown from ${before} to ${rows} rows, above ${bound}`;
  }
}

export function shownGrowth({ heap, rows }: Grown): string {
  const heaps = [...heap].map(([name, bytes]) => `${name} ${mib(bytes)}`);
  const sizes = [...rows]
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${name.slice("reeve_".length)} ${count}`);
  return `heaps in MiB: ${heaps.join(", ")}; rows: ${sizes.sort().join(", ")}`;
}
