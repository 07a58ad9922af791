import { postgres } from "@reeve/postgres";
import { Database, OpenStore } from "@reeve/runtime/internal";
import { systemClock } from "@reeve/runtime/store";
import { type PostgresServer, postgresServer } from "@reeve/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Asked, queryRecorder, wholeScans } from "./plan-recorder.test-kit.ts";

// The queries that are asked all the time, as the runtime and its managers write them, in their own sessions, on big tables.
const part = (path: string): Promise<any> => import(new URL(`../../packages/${path}.ts`, import.meta.url).href);
const { JournalRows } = await part("runtime/src/recovery/journal-rows");
const { KeyRows } = await part("runtime/src/recovery/key-rows");
const { CastRows } = await part("runtime/src/casts/cast-rows");
const { LeaseRows } = await part("runtime/src/leases/lease-rows");
const { countRows, sumRows } = await part("managers/src/resource/quota");
const { ReservationLedger } = await part("managers/src/scheduler/ledger");
const stores = {
  work: (await part("runtime/src/recovery/work-store")).workStore,
  keys: (await part("runtime/src/recovery/key-store")).keyStore,
  casts: (await part("runtime/src/casts/cast-store")).castStore,
  leases: (await part("runtime/src/leases/lease-store")).leaseStore,
  registry: (await part("runtime/src/registry/registry-store")).registryStore,
  volume: (await part("managers/src/volume/store")).volumeStore,
  scheduler: (await part("managers/src/scheduler/store")).schedulerStore,
};

const rows = 100_000;
/** Spread over a hundred addresses, tenants and keepers; of what has a state, a hundredth is under way. */
const filling = [
  `insert into reeve_fence (manager, address, epoch) select 'volume', 'a' || i, 1 from generate_series(0, 99) i`,
  `insert into reeve_work (id, manager, kind, resource, payload, address, epoch, "begunAt", "holderAddress", "holderEpoch", key)
   select 'w' || i, 'volume', 'made', 'r' || i, '1', 'a' || i % 100, 1, now(), 'a' || i % 100, 1 + i / 100 % 3, 'k' || i from series`,
  `insert into reeve_outbox (id, "holderManager", "holderAddress", host, sender, manager, major, operation, terms, lane, place, input,
     principal, "requestId", "createdAt", state, "nextAt", key, address)
   select 'c' || i, 'volume', 'a' || i % 100, 'h' || i % 100, 's', 'network', 1, 'o', '{}', 'l' || i % 1000, i, '', '{}', 'q', now(),
     (array['waiting', 'sent', 'dead', 'done'])[1 + i / 100 % 4], i / 100 % 7, 'k' || i, 'a' || i % 100 from series`,
  `insert into "reeve_callKeys" (manager, operation, tenant, "user", key, "inputDigest", state, address, epoch, "createdAt", caster)
   select 'volume', 'create', 't' || i % 100, 'u', 'k' || i, 'd', 'answered', 'a' || i % 100, 1, now() - i * interval '1 s',
     case when i % 2 = 0 then 'volume/a' || i % 100 end from series`,
  `insert into reeve_leases (name, manager, address, "holderEpoch", keeper, epoch, released, "expiresAt")
   select 'n' || i, 'volume', 'a' || i % 100, 1, 'p' || i % 100, 1, false, now() + i * interval '1 s' from series`,
  `insert into volume_volumes (id, name, tenant, "sizeGiB", "reservedGiB", status, host, placer, "sourceId")
   select 'v' || i, 'v', 't' || i % 100, 1, 1, 'available', 'a' || i % 100, case when i % 1000 = 0 then 'a' || i % 7 end, 'v' || i / 2
   from series`,
  `insert into volume_snapshots (id, "volumeId", name, tenant, "sizeGiB", status)
   select 's' || i, 'v' || i, 's', 't' || i % 100, 1, 'available' from series`,
  `insert into scheduler_reservations (request, manager, address, needs, "holdMs", revision, removed, "heldUntil")
   select 'r' || i, 'volume', 'a' || i % 100, '{}', 1, i, i % 2 = 0, now() + i * interval '1 s' from series`,
  `insert into scheduler_ledgers (name, revision) values ('reservations', ${rows})`,
];

/** One row, or one for each manager of an address. */
const small = new Set(["reeve_fence", "reeve_leaseFloor", "scheduler_ledgers"]);
const asked: Asked[] = [];
let server: PostgresServer;
let url: string;
let database: Database;
beforeAll(async () => {
  server = await postgresServer();
  url = await server.createDatabase();
  database = await Database.open(queryRecorder(postgres({ url }), asked), { clock: systemClock });
  for (const definition of Object.values(stores)) await database.migrate(definition);
  await server.query(`create view series as select i from generate_series(0, ${rows - 1}) i`, [], url);
  for (const statement of filling) await server.query(statement, [], url);
  await server.query("analyze", [], url);
}, 120_000);
afterAll(async () => {
  await database.close();
  await server.close();
});

const holder = { manager: "volume", address: "a7", epoch: 3 };
const row = { key: { manager: "volume", operation: "create", tenant: "t7", user: "u", key: "k7" }, now: Date.now() };
const opened = (name: "volume" | "scheduler") => new OpenStore({ database, definition: stores[name] }).store as any;
const journal = () => new JournalRows(database, holder);
const keys = () => new KeyRows(database);
const casts = () => new CastRows(database, holder);
const leases = () => new LeaseRows(database, { fencePeerWithin: async () => {} }, "p7");
const volumes = () => opened("volume");
const ledger = () => new ReservationLedger(opened("scheduler"));
const write = (body: (session: any) => Promise<unknown>) => database.write(body, { timeoutMs: 10_000 });
const held = [{ manager: "network", target: "a9" }];

test.each<readonly [string, () => Promise<unknown>]>([
  ["work: held", () => journal().holds("w7", 0)],
  ["work: claimed", () => write((session) => journal().claim(session, "w7", 0))],
  ["work: a failure", () => write((session) => journal().noteFailure(session, "w7", 1, "no"))],
  ["work: cleared", () => write((session) => journal().clear(session, "w8", 0))],
  ["work: abandoned", () => journal().abandoned()],
  ["work: left", () => journal().hasLeft("a9", 3, ["made"])],
  ["work: left of whatever kind", () => journal().leftAt("a9", 3, 10)],
  [
    "work: taken from a dead one",
    () => write(async (session) => journal().takeFrom(session, await journal().leftAtOnce(session, "a9", 3, ["made"]))),
  ],
  ["work: of a resource", () => write((session) => journal().requireFree(session, "r-none"))],
  ["work: fates", () => journal().fates(["w1", "w2", "w3"])],
  ["casts: due", () => casts().due(5, 100, [])],
  ["casts: due beside what is held", () => casts().due(5, 100, held)],
  ["casts: earliest", () => casts().earliest(held)],
  ["casts: open", () => casts().open()],
  ["casts: of a dead one", () => casts().hasSome("a9")],
  ["casts: taken", () => write((session) => casts().take(session, ["c1", "c2"], { address: "a1", store: "s" }))],
  ["casts: finished", () => write((session) => casts().finish(session, ["c1", "c2"], null))],
  ["casts: hastened", () => write((session) => casts().hasten(session, ["network"], 5))],
  ["casts: forgotten", () => write((session) => casts().forget(session, ["c1", "c2"]))],
  ["casts: interrupted", () => write((session) => casts().interrupt(session, "a8"))],
  ["casts: adopted", () => write((session) => casts().adopt(session, "a6", "h7"))],
  ["casts: the next place of a lane", () => write((session) => casts().lanes.next(session, "l7"))],
  ["casts: the next of a lane", () => write((session) => casts().lanes.advance(session, "l7", 7))],
  ["keys: found", () => keys().find(row.key)],
  ["keys: found in a transaction", () => write((session) => keys().find(row.key, session))],
  ["keys: with work", () => keys().hasWork(row.key)],
  ["keys: interrupted", () => write((session) => keys().interrupt(session, row.key))],
  ["keys: updated", () => write((session) => keys().update(session, row.key, { state: "failed" }))],
  ["keys: of a caster", () => keys().countOf("volume", "volume/a8")],
  ["keys: acknowledged", () => write((session) => keys().deleteCasts(session, "volume", "volume/a8", ["k8", "k108"]))],
  ["keys: purged", () => write((session) => keys().deleteOlderThan(session, new Date(row.now - 99_000_000)))],
  ["leases: renewed", () => leases().keep({ release: [], disown: [{ name: "n9", epoch: 1 }], renew: true })],
  ["leases: states", () => leases().states(["n1", "n2"])],
  ["leases: free", () => leases().free(["n1", "n2"])],
  ["leases: purged", () => leases().purge()],
  ["volumes: of a host", () => volumes().selectFrom("volumes").selectAll().where("host", "=", "a7").execute()],
  [
    "volumes: a page of a tenant",
    () =>
      volumes()
        .selectFrom("volumes")
        .selectAll()
        .where("tenant", "=", "t7")
        .where("id", ">", "v7")
        .orderBy("id")
        .limit(101)
        .execute(),
  ],
  ["volumes: a tenant's quota", () => volumes().transaction((tx: any) => sumRows(tx, "volumes", "reservedGiB", "t7"))],
  ["volumes: a tenant's count", () => volumes().transaction((tx: any) => countRows(tx, "snapshots", "t7"))],
  ["reservations: written since", () => ledger().changedSince(rows - 100)],
  ["reservations: to be purged", () => ledger().hasPurgeable(row.now - 1_000_000)],
  ["reservations: purged", () => ledger().exclusively((turn: any) => turn.purge(row.now - 1_000_000))],
])("%s: found by an index", async (_, ask) => {
  asked.length = 0;
  await ask();
  const queries = asked.filter(({ sql }) => /^(select|update|delete)/.test(sql));
  expect(queries.length).toBeGreaterThan(0);
  const scans: string[] = [];
  for (const query of queries) scans.push(...(await wholeScans({ server, url, small }, query)));
  expect(scans).toEqual([]);
});
