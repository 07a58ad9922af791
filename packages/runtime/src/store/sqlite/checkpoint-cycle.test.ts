import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, renameSync, statSync } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { type ReeveError, reeveError } from "@reeve/contract";
import { expect, test } from "vitest";
import { ManualClock } from "../../base/manual-clock.ts";
import { turns } from "../../base/turns.test-kit.ts";
import { column, Database, defineStore, table } from "../index.ts";
import { scratchDirectory } from "../scratch.test-kit.ts";
import { CheckpointCycle } from "./checkpoint-cycle.ts";
import type { CheckpointKind } from "./checkpoint-thread.ts";
import { type Checkpointer, CheckpointThread } from "./checkpointer.ts";
import { storeFailure } from "./errors.ts";
import { FileDatabase } from "./file-database.ts";
import { HeldDisk } from "./held-disk.test-kit.ts";

const notes = defineStore("note", { tables: { notes: table({ id: column.text().primaryKey() }) } });
const options = { timeoutMs: 60_000 };

/** The thread, whose work waits for the test to let it go on. */
class HeldCheckpointer implements Checkpointer {
  readonly #thread: Checkpointer;
  readonly asked: CheckpointKind[] = [];
  readonly answered: CheckpointKind[] = [];
  readonly #noticed: (() => void)[] = [];
  readonly #failing = new Map<CheckpointKind, Error>();
  closed = 0;
  readonly #gates = new Map<CheckpointKind, PromiseWithResolvers<void>>();

  constructor(path: string) {
    this.#thread = new CheckpointThread(path);
  }

  hold(kind: CheckpointKind): () => void {
    const gate = Promise.withResolvers<void>();
    this.#gates.set(kind, gate);
    return () => {
      this.#gates.delete(kind);
      gate.resolve();
    };
  }

  release(): void {
    for (const { resolve } of this.#gates.values()) resolve();
    this.#gates.clear();
  }

  async run(kind: CheckpointKind): Promise<boolean> {
    this.asked.push(kind);
    for (const noticed of this.#noticed.splice(0)) noticed();
    await this.#gates.get(kind)?.promise;
    const failure = this.#failing.get(kind);
    this.#failing.delete(kind);
    if (failure) throw failure;
    const whole = await this.#thread.run(kind);
    this.answered.push(kind);
    return whole;
  }

  /** Fails the next run of a kind, with a result code of SQLite's, before it is made. */
  fail(kind: CheckpointKind, message: string, errcode: number): void {
    this.#failing.set(kind, storeFailure("store.db", Object.assign(new Error(message), { errcode })));
  }

  /** Resolves when it is asked for something. */
  next(): Promise<void> {
    return new Promise((resolve) => this.#noticed.push(resolve));
  }

  /** What waits is done first, as by a thread that takes its messages in order. */
  async close(): Promise<void> {
    this.closed++;
    const waits = this.#gates.size > 0;
    this.release();
    if (waits) await turns(20);
    return this.#thread.close();
  }
}

async function openFrames(path: string, checkpointFrames: number) {
  const disk = new HeldDisk();
  const clock = new ManualClock();
  const checkpointer = new HeldCheckpointer(path);
  const backend = {
    open: () => FileDatabase.open({ path, clock, syncFile: disk.syncFile, checkpointer, checkpointFrames }),
  };
  const database = await Database.open(backend, { clock });
  await database.migrate(notes);
  const insert = (id: string) =>
    database.write((session) => database.within(session, notes).insertInto("notes").values({ id }).execute(), options);
  return {
    ...{ database, disk, checkpointer, clock, insert },
    count: async () => (await database.reading(notes).builders.selectFrom("notes").select("id").execute()).length,
    /** Makes commits until it is asked for; the last may wait for it. */
    async until(kind: CheckpointKind, ids: () => string): Promise<void> {
      for (let tries = 0; checkpointer.asked.at(-1) !== kind; tries++) {
        expect(tries).toBeLessThan(1_000);
        await Promise.race([insert(ids()), checkpointer.next()]);
      }
    },
    async [Symbol.asyncDispose]() {
      disk.release();
      checkpointer.release();
      await database.close();
    },
  };
}

function counter() {
  let next = 0;
  return () => `${next++}`;
}

test("the log is copied and begun anew again and again while transactions go on: it stays small, and nothing is lost", async () => {
  using scratch = scratchDirectory();
  const path = scratch.file("store.db");
  const ids = counter();
  const sizes: number[] = [];
  let stored = 0;
  {
    await using opened = await openFrames(path, 16);
    for (let round = 0; round < 10; round++) {
      await opened.until("passive", ids);
      await opened.until("restart", ids);
      // It is made once that is over.
      await opened.insert(ids());
      sizes.push(statSync(`${path}-wal`).size);
    }
    stored = await opened.count();
  }
  expect(sizes.at(-1)).toBeLessThan(sizes[0]! * 3);
  await using again = await openFrames(path, 16);
  expect(await again.count()).toBe(stored);
});

test("while most of the log is copied, transactions and reads go on", async () => {
  using scratch = scratchDirectory();
  await using opened = await openFrames(scratch.file("store.db"), 16);
  const go = opened.checkpointer.hold("passive");
  const ids = counter();
  await opened.until("passive", ids);
  const before = await opened.count();
  await opened.insert(ids());
  expect(await opened.count()).toBeGreaterThan(before);
  go();
});

test("while the log is begun anew transactions wait, reads do not, and no sync runs", async () => {
  using scratch = scratchDirectory();
  await using opened = await openFrames(scratch.file("store.db"), 16);
  const { disk, checkpointer } = opened;
  const go = checkpointer.hold("restart");
  const ids = counter();
  await opened.until("restart", ids);
  const begun = disk.begun;
  const before = await opened.count();
  let done = false;
  const waiting = opened.insert(ids()).then(() => {
    done = true;
  });
  await turns(20);
  expect([done, disk.begun - begun, await opened.count()]).toEqual([false, 0, before]);
  go();
  await waiting;
  expect(await opened.count()).toBeGreaterThan(before);
});

test("beginning anew waits for the transaction that is open and for the sync that runs, and unpins only then", async () => {
  using scratch = scratchDirectory();
  await using opened = await openFrames(scratch.file("store.db"), 16);
  const { disk, checkpointer, database } = opened;
  const goOn = checkpointer.hold("passive");
  const ids = counter();
  await opened.until("passive", ids);
  const { promise, resolve } = Promise.withResolvers<void>();
  const open = database.write(async (session) => {
    await database.within(session, notes).insertInto("notes").values({ id: "open" }).execute();
    await promise;
  }, options);
  await turns(20);
  goOn();
  await expect.poll(() => checkpointer.answered).toEqual(["passive"]);
  await turns(20);
  expect(checkpointer.asked).not.toContain("restart");
  disk.hold();
  resolve();
  await disk.waiting();
  await turns(20);
  expect(checkpointer.asked).not.toContain("restart");
  disk.release();
  await open;
  await expect.poll(() => checkpointer.asked).toContain("restart");
});

test("after a checkpoint that the disk failed, no other goes on where that stopped: the log is kept, read anew and copied whole", async () => {
  using scratch = scratchDirectory();
  const path = scratch.file("store.db");
  await using opened = await openFrames(path, 16);
  const { database, checkpointer, clock, insert } = opened;
  checkpointer.fail("restart", "disk I/O error", 1034);
  const ids = counter();
  await opened.until("restart", ids);
  await expect.poll(() => database.health.fault?.kind).toBe("failed");
  await expect(insert(ids())).rejects.toMatchObject({ reason: "STORE_FAILED" });
  const before = checkpointer.asked.length;
  const closed = checkpointer.closed;
  await clock.advance(1_000);
  await expect.poll(() => database.health.fault).toBeUndefined();
  // Its connection was closed first: that of the next run is a new one, on a log that was read from its begin.
  expect([checkpointer.closed - closed, checkpointer.asked.slice(before)]).toEqual([1, ["restart"]]);
  await insert(ids());
});

test("a copy that was asked for before a sync failed, and runs after, copies nothing that this sync was to cover", async () => {
  using scratch = scratchDirectory();
  const path = scratch.file("store.db");
  await using opened = await openFrames(path, 16);
  const { checkpointer, clock, database, disk, insert } = opened;
  // As with a thread that has yet to start: its connection is opened after the failure, so no sync of its own fails.
  checkpointer.hold("passive");
  await opened.until("passive", counter());
  // A page for each: one whose last change is not synced is left out whole.
  const paged = (id: string) => id.padStart(3_500, ".");
  await insert(paged("acknowledged"));
  disk.hold();
  const unsynced = insert(paged("unsynced"));
  await disk.fail(new Error("EIO"));
  await expect(unsynced).rejects.toMatchObject({ outcome: "maybe-executed" });
  await clock.advance(1_000);
  // The log is written again, and not synced yet: nobody has the files open.
  await disk.waiting();
  const copied = readFileSync(path, "latin1");
  expect(["acknowledged", "unsynced"].map((id) => copied.includes(id))).toEqual([true, false]);
  disk.release();
  await expect.poll(() => database.health.fault).toBeUndefined();
});

test("no copy is asked for once a sync has failed: the thread would open the file while its log is written again", async () => {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const asked: CheckpointKind[] = [];
  const syncs = { lost: undefined as ReeveError | undefined, rest: async () => {} };
  const cycle = new CheckpointCycle({
    frames: 16,
    checkpointer: { run: async (kind) => asked.push(kind) > 0, close: async () => {} },
    writer: { hold: async () => () => {} },
    syncs,
    file: () => ({
      wal: { holds: () => promise, begunAnew() {} },
      snapshots: { free() {}, pin() {} },
      watch: { logCut() {} },
    }),
    failed: () => {},
  });
  cycle.look();
  syncs.lost = reeveError("STORE_FAILED", "EIO");
  resolve(true);
  await cycle.close();
  expect(asked).toEqual([]);
});

test("a store that fails while its log is begun anew, with transactions waiting, is opened again after that", async () => {
  using scratch = scratchDirectory();
  const path = scratch.file("store.db");
  await using opened = await openFrames(path, 16);
  const { checkpointer, clock, database, insert } = opened;
  const go = checkpointer.hold("restart");
  const ids = counter();
  await opened.until("restart", ids);
  const waiting = insert(ids()).catch((error) => error);
  renameSync(path, `${path}.away`);
  await expect
    .poll(async () => {
      await clock.advance(5_000);
      return database.health.fault?.kind;
    })
    .toBe("gone");
  renameSync(`${path}.away`, path);
  // A look that runs still may have found it away, and the next begins a second after that ends.
  for (let looks = 0; looks < 3; looks++) {
    await clock.advance(1_000);
    // Long enough for the look to end, and what comes of it to ask for the same.
    await stat(path);
    await turns(20);
  }
  expect(database.health.fault?.kind).toBe("gone");
  go();
  await expect
    .poll(async () => {
      await clock.advance(1_000);
      return database.health.fault;
    })
    .toBeUndefined();
  await waiting;
  await insert(ids());
  expect(await opened.count()).toBeGreaterThan(0);
});

test("closing waits for a copy that runs", async () => {
  using scratch = scratchDirectory();
  const opened = await openFrames(scratch.file("store.db"), 16);
  const go = opened.checkpointer.hold("passive");
  await opened.until("passive", counter());
  let closed = false;
  const closing = opened.database.close().then(() => {
    closed = true;
  });
  await turns(20);
  expect(closed).toBe(false);
  go();
  await closing;
});

test("a process that does nothing else closes its store to the end, copies and all, and ends then", () => {
  using scratch = scratchDirectory();
  const path = scratch.file("store.db");
  const program = join(import.meta.dirname, "closing.test-program.ts");
  const said = execFileSync(process.execPath, ["--conditions=reeve-source", program, path], { encoding: "utf8" });
  expect(said).toBe("closed\n");
  expect([existsSync(path), existsSync(`${path}-wal`)]).toEqual([true, false]);
});
