import type { Estate } from "./estate.ts";
import type { Host } from "./host.ts";
import { make, type Place } from "./operations.ts";

/** Kills a host right before its driver makes a volume, and leaves so many like it: rows and work, as a host with as many callers would. */
export async function leaveWork(estate: Estate, host: Host, place: Place, rows: number): Promise<void> {
  await host.arm("before create");
  const told = make(place, `left-${rows}`).catch(() => undefined);
  await host.stopped();
  await estate.query(
    `with seed as (select v from volume_volumes v where name = $1)
     insert into volume_volumes select (jsonb_populate_record(v, jsonb_build_object('id', (v).id || n, 'name', (v).name || '-' || n))).*
     from seed, generate_series(2, $2::int) n`,
    [`left-${rows}`, rows],
  );
  await estate.query(
    `with seed as (select w, v.id as volume from reeve_work w join volume_volumes v on v.id = w.resource where v.name = $1)
     insert into reeve_work select (jsonb_populate_record(w, jsonb_build_object('id', (w).id || n, 'resource', volume || n, 'key', null))).*
     from seed, generate_series(2, $2::int) n`,
    [`left-${rows}`, rows],
  );
  void told;
}

/** Work that makes volumes and is not finished. */
export async function rowsLeft(estate: Estate): Promise<number> {
  const [row] = await estate.query("select count(*) as rows from reeve_work where kind = 'volume.creating'");
  return Number(row!.rows);
}
