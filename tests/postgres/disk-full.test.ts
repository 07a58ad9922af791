import { rmSync } from "node:fs";
import { join } from "node:path";
import type { StoreFault } from "@reeve/runtime/store";
import { type PostgresServer, postgresServer } from "@reeve/testing";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { endIfStuck, fillWithLog } from "../kit/full-disk.ts";
import { noSmallDisk, type SmallDisk, smallDisk } from "../kit/small-disk.ts";
import { commitProxy } from "./commit-proxy.test-kit.ts";
import { openCounters } from "./counters.test-kit.ts";

const bound = { timeout: 30_000, interval: 10 };

let disk: SmallDisk | undefined;
let server: PostgresServer;
beforeAll(async () => {
  disk = smallDisk(256);
  // What it does by itself would write to its log, or make room.
  if (disk) server = await postgresServer({ directory: disk.root, settings: { autovacuum: "off" } });
});
afterEach(() => disk?.free());
afterAll(async () => {
  await server?.close();
  disk?.[Symbol.dispose]();
});

const full = {
  reason: "STORE_FAILED",
  retryable: true,
  message: expect.stringMatching(/^store database ".*": no space is left on its disk; free some, then try again$/),
};
/** So large that a page takes few, and so small that none is compressed. */
const large = (name: string) => name.padEnd(1_500, "-");

function errorsIn(log: string): readonly string[] {
  return log.split("\n").filter((line) => /(ERROR|FATAL|PANIC|WARNING): {2}/.test(line));
}

test("a full disk fails the transactions that need room, whole and for certain, and nothing else; with room again all heals by itself", async (context) => {
  if (!disk) return context.skip(noSmallDisk);
  await using opened = await openCounters({ url: await server.createDatabase() });
  const { store, database } = opened;
  const faults: (StoreFault["kind"] | undefined)[] = [];
  database.health.onChange((fault) => faults.push(fault?.kind));
  const pair = (id: number) =>
    store.transaction(async (tx) => {
      await tx.insert("counters", { id: large(`${id}a`) });
      await tx.insert("counters", { id: large(`${id}b`) });
    });
  await pair(0);
  let stored = 1;
  const saidBefore = server.log.length;
  disk.fill();
  const fillPages = async () => {
    for (; stored < 200; stored++) await pair(stored);
  };
  await expect(fillPages()).rejects.toMatchObject(full);
  await expect(pair(stored)).rejects.not.toMatchObject({ outcome: "maybe-executed" });
  expect(database.health.fault).toMatchObject({ kind: "full", error: full });
  // Reads need no room, nor do transactions that change nothing.
  const ids = await store.selectFrom("counters").select("id").execute();
  expect(ids).toHaveLength(2 * stored);
  await store.transaction((tx) => tx.get("counters", large("0a")));
  // As long as there is none, it is told of.
  const looks = () => server.log.slice(saidBefore).split("reeve_room_").length;
  const before = looks();
  await vi.waitFor(() => expect(looks()).toBeGreaterThan(before + 2), bound);
  expect(faults).toEqual(["full"]);

  disk.free();
  await vi.waitFor(() => expect(database.health.fault).toBeUndefined(), bound);
  expect(faults).toEqual(["full", undefined]);
  await pair(stored);
  expect(await store.selectFrom("counters").select("id").execute()).toHaveLength(2 * stored + 2);
  const said = errorsIn(server.log.slice(saidBefore));
  expect(said.filter((line) => !/ERROR: {2}could not extend file .*No space left on device/.test(line))).toEqual([]);
});

test("a session for which there is no room is a fault too, and the sessions there are go on", async (context) => {
  if (!disk) return context.skip(noSmallDisk);
  const url = await server.createDatabase();
  await using opened = await openCounters({ url });
  const { store, database } = opened;
  await store.transaction((tx) => tx.insert("counters", { id: "a" }));
  await store.get("counters", "a");
  // The first session that finds it missing writes it anew, and ends where it cannot.
  const [row] = await server.query("select oid from pg_database where datname = current_database()", [], url);
  rmSync(join(disk.root, "data", "base", String(row!.oid), "pg_internal.init"));
  disk.fill();
  await Promise.all(Array.from({ length: 5 }, () => store.get("counters", "a")));
  await vi.waitFor(() => expect(database.health.fault).toMatchObject({ kind: "full", error: full }), bound);
  await store.transaction((tx) => tx.get("counters", "a"));
  await expect(openCounters({ url })).rejects.toMatchObject(full);
  disk.free();
  await vi.waitFor(() => expect(database.health.fault).toBeUndefined(), bound);
  await using other = await openCounters({ url });
  await other.store.get("counters", "a");
});

test.for([
  { room: "in time", acquireTimeout: "60s" },
  { room: "too late", acquireTimeout: "1s" },
] as const)(
  "a disk that fills at the very COMMIT ends the server; with room $room it is told what became of it",
  async ({ room, acquireTimeout }, context) => {
    if (!disk) return context.skip(noSmallDisk);
    const small = disk;
    const url = await server.createDatabase();
    await using proxy = await commitProxy(server.port);
    await using opened = await openCounters({ url, port: proxy.port, pool: { acquireTimeout } });
    const { store, database } = opened;
    await store.transaction((tx) => tx.insert("counters", { id: "a" }));
    let runs = 0;
    proxy.holdNext(() => fillWithLog(server, small));
    const told = store
      .transaction(async (tx) => {
        runs += 1;
        const { value } = await tx.get("counters", "a");
        return (await tx.update("counters", "a", { value: value + 1 })).value;
      })
      .catch((error: unknown) => error);
    await vi.waitFor(async () => {
      await endIfStuck(server);
      expect(server.running).toBe(false);
    }, bound);
    expect(server.log).toMatch(/PANIC: {2}could not write to file "pg_wal\/xlogtemp.*No space left on device/);
    await vi.waitFor(() => expect(database.health.fault?.kind).toBe("failed"), bound);
    if (room === "too late") expect(await told).toMatchObject({ outcome: "maybe-executed", reason: "STORE_FAILED" });
    small.free();
    await server.start();
    if (room === "in time") expect(await told).toBe(1);
    expect(runs).toBe(room === "in time" ? 2 : 1);
    await vi.waitFor(() => expect(database.health.fault).toBeUndefined(), bound);
    expect((await store.get("counters", "a")).value).toBe(room === "in time" ? 1 : 0);
  },
);
