import type { PostgresServer } from "@reeve/testing";

/**
 * Triggers in the database, which no process can go round: they write down who begins, claims and clears work, whether the
 * database says meanwhile that its author may still write, and what volumes were ever made under a name.
 */
const ofWork = [
  `create table witness (at bigserial, kind text, id text, detail text)`,
  `create function witness_epoch(manager_ text, address_ text) returns bigint language sql as
     $$ select epoch from reeve_fence where manager = manager_ and address = address_ $$`,
  `create function witness_work() returns trigger language plpgsql as $$
   begin
     if tg_op = 'INSERT' then
       insert into witness (kind, id, detail) values ('begin', new.id, new.address);
       if new.epoch <> witness_epoch(new.manager, new.address) then
         insert into witness (kind, id, detail) values ('stale', new.id, 'begun by ' || new.address || ' of epoch ' || new.epoch);
       end if;
     elsif tg_op = 'UPDATE' then
       if new.claims <> old.claims then
         insert into witness (kind, id, detail) values ('claim', new.id, new."holderAddress" || ' ' || new."holderEpoch");
         if (new."holderAddress", new."holderEpoch") <> (old."holderAddress", old."holderEpoch")
            and old."holderEpoch" >= witness_epoch(old.manager, old."holderAddress") then
           insert into witness (kind, id, detail) values ('stolen', new.id, new."holderAddress" || ' from ' || old."holderAddress");
         end if;
       end if;
     else
       insert into witness (kind, id, detail) values ('clear', old.id, old."holderAddress");
       if old."holderEpoch" <> witness_epoch(old.manager, old."holderAddress") then
         insert into witness (kind, id, detail) values ('stale', old.id, 'cleared for ' || old."holderAddress" || ' of epoch ' || old."holderEpoch");
       end if;
     end if;
     return null;
   end $$`,
  `create trigger witness_work after insert or update or delete on reeve_work for each row execute function witness_work()`,
];
const ofResources = [
  `create function witness_made() returns trigger language plpgsql as $$
   begin
     insert into witness (kind, id, detail) values ('made', new.id, new.name);
     return null;
   end $$`,
  `create trigger witness_volume after insert on volume_volumes for each row execute function witness_made()`,
  `create trigger witness_snapshot after insert on volume_snapshots for each row execute function witness_made()`,
];

/** What the triggers have seen. */
export interface Seen {
  /** Names under which a resource was ever made. */
  readonly made: ReadonlySet<string>;
  /** Names under which more than one resource was ever made. */
  readonly twice: readonly string[];
  /** Work that was begun or cleared by an incarnation that might not write any more. */
  readonly stale: readonly string[];
  /** Work that was claimed from a holder that might still write. */
  readonly stolen: readonly string[];
  /** One for each piece of work and incarnation that claimed it, however often it tried. */
  readonly claims: number;
  /** Pieces of work that were claimed at least once. */
  readonly claimed: number;
}

/** Sets them up, once the tables are there. */
export function witnessed(server: PostgresServer, url: string): Promise<void> {
  return setUp(server, url, [...ofWork, ...ofResources]);
}

/** Those of the journal alone, where nobody keeps volumes as the volume manager does. */
export function workWitnessed(server: PostgresServer, url: string): Promise<void> {
  return setUp(server, url, ofWork);
}

export async function setUp(server: PostgresServer, url: string, statements: readonly string[]): Promise<void> {
  await server.query("begin; ".concat(statements.join(";\n"), "; commit"), undefined, url);
}

export async function seen(server: PostgresServer, url: string): Promise<Seen> {
  const rows = await server.query(
    `select kind, id, detail from witness where kind in ('stale', 'stolen')
     union all select 'made', '', detail from witness where kind = 'made'
     union all select 'twice', min(id), detail from witness where kind = 'made' group by detail having count(*) > 1
     union all select 'claims', '', count(distinct (id, detail))::text from witness where kind = 'claim'
     union all select 'claimed', '', count(distinct id)::text from witness where kind = 'claim'`,
    [],
    url,
  );
  const of = (kind: string) => rows.filter((row) => row.kind === kind).map(({ detail }) => String(detail));
  return {
    made: new Set(of("made")),
    twice: of("twice"),
    stale: of("stale"),
    stolen: of("stolen"),
    claims: Number(of("claims")[0]),
    claimed: Number(of("claimed")[0]),
  };
}
