import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, test } from "vitest";
import { ManualClock } from "../../base/manual-clock.ts";
import { turns } from "../../base/turns.test-kit.ts";
import { column, Database, defineStore, table } from "../index.ts";
import { scratchDirectory } from "../scratch.test-kit.ts";
import { FileDatabase } from "./file-database.ts";
import { HeldDisk } from "./held-disk.test-kit.ts";

const notes = defineStore("note", { tables: { notes: table({ id: column.text().primaryKey() }) } });
const options = { timeoutMs: 60_000 };

async function openHeld(path: string) {
  const disk = new HeldDisk();
  const clock = new ManualClock();
  const backend = { open: () => FileDatabase.open({ path, clock, syncFile: disk.syncFile }) };
  const database = await Database.open(backend, { clock });
  await database.migrate(notes);
  const settled: string[] = [];
  const note = <R>(name: string, promise: Promise<R>): Promise<R> => {
    promise.then(
      () => settled.push(name),
      (error) => settled.push(`${name}: ${error.reason ?? error.message}`),
    );
    return promise;
  };
  disk.hold();
  return {
    ...{ disk, clock, database, settled },
    insert: (id: string) =>
      note(
        id,
        database.write(
          (session) => database.within(session, notes).insertInto("notes").values({ id }).execute(),
          options,
        ),
      ),
    /** What a transaction sees. */
    look: (name: string) =>
      note(
        name,
        database.write(
          (session) => database.within(session, notes).selectFrom("notes").select("id").execute(),
          options,
        ),
      ),
    refuse: (name: string) =>
      note(
        name,
        database.write(async (session) => {
          const rows = await database.within(session, notes).selectFrom("notes").select("id").execute();
          throw new Error(`saw ${rows.map(({ id }) => id).join()}`);
        }, options),
      ),
    ids: async () =>
      (await database.reading(notes).builders.selectFrom("notes").select("id").execute()).map(({ id }) => id).join(),
    async [Symbol.asyncDispose]() {
      disk.release();
      await database.close();
    },
  };
}

test("a transaction is acknowledged, and read by others, when a sync is done that began after its commit", async () => {
  using scratch = scratchDirectory();
  await using opened = await openHeld(scratch.file("store.db"));
  const { disk, settled, ids, insert } = opened;
  const [a] = [insert("a")];
  await disk.waiting();
  const rest = [insert("b"), insert("c")];
  await turns(20);
  expect([settled, await ids()]).toEqual([[], ""]);
  await disk.pass();
  await a;
  expect([settled, await ids()]).toEqual([["a"], "a"]);
  await disk.waiting();
  await turns(20);
  expect([settled, await ids()]).toEqual([["a"], "a"]);
  await disk.pass();
  await Promise.all(rest);
  expect([settled, await ids()]).toEqual([["a", "b", "c"], "a,b,c"]);
});

test("a commit shares one sync with all that were made while the last one ran", async () => {
  using scratch = scratchDirectory();
  await using opened = await openHeld(scratch.file("store.db"));
  const { disk, insert } = opened;
  const first = insert("first");
  await disk.waiting();
  const before = disk.begun;
  const rest = Array.from({ length: 50 }, (_, index) => insert(`${index}`));
  await turns(20);
  await disk.pass();
  await first;
  await disk.pass();
  await Promise.all(rest);
  expect(disk.begun - before).toBe(1);
});

test("a refusal and a result that was only read wait for the commits that they saw, and for no other", async () => {
  using scratch = scratchDirectory();
  await using opened = await openHeld(scratch.file("store.db"));
  const { disk, settled, insert, refuse, look } = opened;
  await look("nothing unsynced");
  const a = insert("a");
  await disk.waiting();
  const twice = insert("a").catch(() => {});
  const refused = refuse("refused").catch(() => {});
  const looked = look("looked");
  await turns(20);
  expect(settled).toEqual(["nothing unsynced"]);
  await disk.pass();
  await Promise.all([a, twice, refused, looked]);
  expect(settled.slice(1)).toEqual(["a", "a: ROW_EXISTS", "refused: saw a", "looked"]);
});

test("after a kill -9 between commit and sync nothing is shown before it is synced, and nothing acknowledged is lost", async () => {
  using scratch = scratchDirectory();
  const path = scratch.file("store.db");
  const program = join(import.meta.dirname, "unsynced.test-program.ts");
  const child = spawn(process.execPath, ["--conditions=reeve-source", program, path], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface(child.stdout);
  const said: string[] = [];
  for await (const line of lines) {
    said.push(line);
    if (line === "committed") break;
  }
  expect(said).toEqual(["acknowledged", "committed"]);
  child.kill("SIGKILL");
  await once(child, "exit");

  const disk = new HeldDisk();
  disk.hold();
  let open = false;
  const opening = FileDatabase.open({ path, clock: new ManualClock(), syncFile: disk.syncFile }).then((opened) => {
    open = true;
    return opened;
  });
  // Of the log, and of the directory that its name is in.
  for (const _ of ["log", "directory"]) {
    await disk.waiting();
    await turns(20);
    expect(open).toBe(false);
    await disk.pass();
  }
  disk.release();
  const connections = await opening;
  await using database = await Database.open({ open: async () => connections }, { clock: new ManualClock() }).then(
    (database) => Object.assign(database, { [Symbol.asyncDispose]: () => database.close() }),
  );
  const rows = await database.reading(notes).builders.selectFrom("notes").select("id").orderBy("id").execute();
  expect(rows).toEqual([{ id: "acknowledged" }, { id: "committed" }]);
});

test("closing waits for the sync of what was asked for", async () => {
  using scratch = scratchDirectory();
  const path = scratch.file("store.db");
  const { disk, database, insert, settled } = await openHeld(path);
  void insert("a");
  await disk.waiting();
  const closed = database.close();
  void insert("late").catch(() => {});
  let done = false;
  void closed.then(() => {
    done = true;
  });
  await turns(20);
  expect([done, settled]).toEqual([false, ["late: STORE_MISUSE"]]);
  disk.release();
  await closed;
  expect(settled).toEqual(["late: STORE_MISUSE", "a"]);
  await using again = await openHeld(path);
  expect(await again.ids()).toBe("a");
});

test("what a sync that failed left behind is maybe executed, what came after is refused, and the file is opened again", async () => {
  using scratch = scratchDirectory();
  await using opened = await openHeld(scratch.file("store.db"));
  const { disk, database, clock, insert, refuse, ids, settled } = opened;
  const faults: (string | undefined)[] = [];
  database.health.onChange((fault) => faults.push(fault?.kind));
  const a = insert("a");
  await disk.waiting();
  const b = insert("b");
  const saw = refuse("saw");
  await turns(20);
  const lost = { reason: "STORE_FAILED", message: expect.stringContaining("EIO") };
  const outcomes = Promise.allSettled([a, b, saw]);
  await disk.fail(Object.assign(new Error("EIO: i/o error"), { code: "EIO" }));
  const [forA, forB, forSaw] = await outcomes;
  expect(forA).toMatchObject({ reason: { ...lost, outcome: "maybe-executed" } });
  expect(forB).toMatchObject({ reason: { ...lost, outcome: "maybe-executed" } });
  expect(forSaw).toMatchObject({ reason: lost });
  await expect(insert("c")).rejects.toMatchObject(lost);
  // Reads go on with what is known to last.
  expect([await ids(), faults]).toEqual(["", ["failed"]]);
  disk.release();
  await clock.advance(1_000);
  await expect.poll(() => faults).toEqual(["failed", undefined]);
  await insert("d");
  // It did last in the end: the full checkpoint saw to that.
  expect([await ids(), settled.at(-1)]).toEqual(["a,b,d", "d"]);
});

test("closed after a sync that failed, a store leaves its log to the next start", async () => {
  using scratch = scratchDirectory();
  const path = scratch.file("store.db");
  const { disk, database, insert } = await openHeld(path);
  const a = insert("a");
  await disk.pass();
  await a;
  const b = insert("b").catch(() => {});
  await disk.fail(new Error("EIO"));
  await b;
  await database.close();
  expect(existsSync(`${path}-wal`)).toBe(true);
  await using again = await openHeld(path);
  expect(await again.ids()).toBe("a,b");
});

test.each([1, 2, 3])(
  "an opening whose sync %i fails leaves the log as it was, and copies nothing of it",
  async (failing) => {
    using scratch = scratchDirectory();
    const path = scratch.file("store.db");
    const { disk, database, insert } = await openHeld(path);
    const a = insert("a");
    await disk.fail(new Error("EIO"));
    await a.catch(() => {});
    await database.close();
    const before = [readFileSync(path), readFileSync(`${path}-wal`)];
    const next = new HeldDisk();
    next.hold();
    const opening = FileDatabase.open({ path, clock: new ManualClock(), syncFile: next.syncFile });
    for (let sync = 1; sync < failing; sync++) await next.pass();
    await Promise.all([next.fail(new Error("EIO")), expect(opening).rejects.toThrow("EIO")]);
    const [file, log] = [readFileSync(path), readFileSync(`${path}-wal`)];
    expect([file, log.subarray(0, before[1]!.length)].map((bytes, index) => bytes.equals(before[index]!))).toEqual([
      true,
      true,
    ]);
    await using again = await openHeld(path);
    expect(await again.ids()).toBe("a");
  },
);

test("a transaction that is open when a sync fails is not committed", async () => {
  using scratch = scratchDirectory();
  await using opened = await openHeld(scratch.file("store.db"));
  const { disk, database, clock, insert, ids } = opened;
  const a = insert("a");
  await disk.waiting();
  const { promise, resolve } = Promise.withResolvers<void>();
  const open = database.write(async (session) => {
    await database.within(session, notes).insertInto("notes").values({ id: "open" }).execute();
    await promise;
  }, options);
  const outcomes = Promise.allSettled([a, open]);
  await turns(20);
  await disk.fail(new Error("EIO"));
  await a.catch(() => {});
  resolve();
  expect((await outcomes)[1]).toMatchObject({ reason: { reason: "STORE_FAILED", outcome: "executed" } });
  disk.release();
  await clock.advance(1_000);
  await expect.poll(() => database.health.fault).toBeUndefined();
  expect(await ids()).toBe("a");
});

test("readers learn of a changed schema with the snapshot that has it", async () => {
  using scratch = scratchDirectory();
  await using opened = await openHeld(scratch.file("store.db"));
  const { disk, database, insert } = opened;
  const id = column.text().primaryKey();
  const wider = defineStore("note", {
    tables: { notes: table({ id, text: column.text().default("-").since(2) }) },
  });
  const rows = () => database.reading(notes).builders.selectFrom("notes").selectAll().execute();
  const a = insert("a");
  await disk.pass();
  await a;
  expect(await rows()).toEqual([{ id: "a" }]);
  const migrated = database.migrate(wider);
  await disk.waiting();
  expect(await rows()).toEqual([{ id: "a" }]);
  disk.release();
  await migrated;
  expect(await rows()).toEqual([{ id: "a", text: "-" }]);
  // By the other connection, which has read with the old schema.
  await insert("b");
  expect(await rows()).toEqual([
    { id: "a", text: "-" },
    { id: "b", text: "-" },
  ]);
});
