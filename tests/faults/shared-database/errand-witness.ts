import type { PostgresServer } from "@reeve/testing";
import { setUp } from "./witness.ts";

/**
 * Triggers that write down each errand as it is sent and done, each write of a turn and of a holder, and what is done to leases, with the
 * database's time. They number what they see: of two transactions of which one waited for the other, the first has the lower number.
 */
const statements = [
  `create table errand_history (seq bigserial, at timestamptz default clock_timestamp(), kind text, place text, id text, n bigint)`,
  `create function errand_sent() returns trigger language plpgsql as $$
   begin
     insert into errand_history (at, kind, place, id) values (
       case new.way when 'after' then date_trunc('milliseconds', now()) + new."delayMs" * interval '1 ms' when 'at' then to_timestamp(new.at / 1000.0) else now() end,
       'sent', new.way, new.id);
     return null;
   end $$`,
  `create trigger errand_sent after insert on errand_sent for each row execute function errand_sent()`,
  `create function errand_done() returns trigger language plpgsql as $$
   begin
     insert into errand_history (kind, place, id, n) values ('done', new.lane, new.errand, new.n);
     return null;
   end $$`,
  `create trigger errand_done after insert on errand_done for each row execute function errand_done()`,
  `create function errand_turn() returns trigger language plpgsql as $$
   begin
     insert into errand_history (kind, place, id) values ('turn', new.place, new.turn);
     return null;
   end $$`,
  `create trigger errand_turn after insert on errand_turns for each row execute function errand_turn()`,
  `create function errand_hold() returns trigger language plpgsql as $$
   begin
     insert into errand_history (kind, place, id, n) values ('hold', new.lease, new.id, new.epoch);
     return null;
   end $$`,
  `create trigger errand_hold after insert on errand_holds for each row execute function errand_hold()`,
  // Whoever takes a lease has a higher epoch than any before, and takes it from nobody who may still rely on it.
  `create function errand_lease() returns trigger language plpgsql as $$
   declare
     changes_hands constant boolean := (new.manager, new.address, new."holderEpoch") <> (old.manager, old.address, old."holderEpoch");
   begin
     if new.epoch < old.epoch or (changes_hands and new.epoch = old.epoch) then
       insert into errand_history (kind, place, n) values ('back', new.name, new.epoch);
     end if;
     if changes_hands and not old.released and old."expiresAt" > clock_timestamp() and new.keeper is distinct from old.keeper
        and old."holderEpoch" = (select epoch from reeve_fence where manager = old.manager and address = old.address) then
       insert into errand_history (kind, place, n) values ('seized', new.name, new.epoch);
     end if;
     return null;
   end $$`,
  `create trigger errand_lease after update on reeve_leases for each row execute function errand_lease()`,
];

/** What the triggers have seen that may not be, but for what callers were told. */
export interface ErrandsSeen {
  /** Errands that were sent, and how often each was done. */
  readonly done: ReadonlyMap<string, number>;
  /** Committed, and not done. */
  readonly missing: readonly string[];
  readonly early: readonly string[];
  readonly disordered: readonly string[];
  readonly overlapping: readonly string[];
  readonly wrongEpochs: readonly string[];
  readonly seized: readonly string[];
  readonly counts: Readonly<Record<"sent" | "done" | "turns" | "holds", number>>;
}

/** Sets them up, once the tables are there. */
export function errandsWitnessed(server: PostgresServer, url: string): Promise<void> {
  return setUp(server, url, statements);
}

export async function errandsSeen(server: PostgresServer, url: string): Promise<ErrandsSeen> {
  const ask = (text: string) => server.query(text, [], url);
  const told = async (text: string) => (await ask(text)).map(({ told: what }) => String(what));
  const [done, missing, early, disordered, overlapping, wrongEpochs, seized, counts] = await Promise.all([
    ask(`select id, count(*) as times from errand_history where kind = 'done' group by id`),
    told(`select id || ', sent ' || place as told from errand_history sent where kind = 'sent'
          and not exists (select from errand_history done where done.kind = 'done' and done.id = sent.id)`),
    told(`select sent.id || ', ' || sent.place || ': due at ' || sent.at || ', done at ' || done.at as told
          from errand_history sent join errand_history done using (id)
          where sent.kind = 'sent' and done.kind = 'done' and done.at < sent.at`),
    told(`select place || ': ' || n || ' after ' || last as told from
          (select place, n, max(n) over (partition by place order by seq rows between unbounded preceding and 1 preceding) as last
           from errand_history where kind = 'done' and place <> '') one where n < last`),
    told(`select place || ': ' || id || ' began before another had ended' as told from
          (select place, id, begun, max(ended) over (partition by place order by begun rows between unbounded preceding and 1 preceding) as before
           from (select place, id, min(seq) as begun, max(seq) as ended from errand_history where kind = 'turn' group by place, id) turn
          ) one where begun < before`),
    told(`select place || ': ' || n || ' in the table of leases' as told from errand_history where kind = 'back'
          union all select lease || ': ' || epoch || ' granted more than once' from errand_holds group by lease, epoch
            having count(distinct "grant") > 1
          union all select place || ': ' || n || ' held after ' || last from
            (select place, n, held, max(n) over (partition by place order by seq rows between unbounded preceding and 1 preceding) as last
             from errand_history join errand_holds on errand_holds.id = errand_history.id where kind = 'hold') one
            where held and n < last`),
    told(`select place || ' by ' || n as told from errand_history where kind = 'seized'`),
    ask(`select count(*) filter (where kind = 'sent') as sent, count(*) filter (where kind = 'done') as done,
           count(distinct id) filter (where kind = 'turn') as turns, count(*) filter (where kind = 'hold') as holds
         from errand_history`),
  ]);
  const [total] = counts;
  return {
    done: new Map(done.map(({ id, times }) => [String(id), Number(times)])),
    ...{ missing, early, disordered, overlapping, wrongEpochs, seized },
    counts: {
      sent: Number(total!.sent),
      done: Number(total!.done),
      turns: Number(total!.turns),
      holds: Number(total!.holds),
    },
  };
}
