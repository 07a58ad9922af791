import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ManualClock } from "../../base/manual-clock.ts";
import { column, Database, defineStore, OpenStore, table } from "../index.ts";
import { sqlite } from "./index.ts";

const blobs = defineStore("blob", {
  tables: { blobs: table({ id: column.text().primaryKey(), data: column.text() }) },
});

/** A file system of one mebibyte, or undefined where this process may not mount one. */
function smallDisk(): (Disposable & { readonly root: string }) | undefined {
  const root = mkdtempSync(join(tmpdir(), "reeve-disk-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", root], { stdio: "ignore" });
  } catch {
    rmSync(root, { recursive: true });
    return undefined;
  }
  return {
    root,
    [Symbol.dispose]() {
      // Lazily, so that a test that fails with its file open leaves nothing behind either.
      execFileSync("umount", ["-l", root]);
      rmSync(root, { recursive: true });
    },
  };
}

test("a full disk fails the transactions that need room, whole, and nothing else; with room again, they succeed", async (context) => {
  using disk = smallDisk();
  if (!disk) return context.skip("this process may not mount a small file system");
  const ballast = join(disk.root, "ballast");
  writeFileSync(ballast, Buffer.alloc(300_000));
  const path = join(disk.root, "store.db");
  const database = await Database.open(sqlite({ path }), { clock: new ManualClock() });
  await database.migrate(blobs);
  const { store } = new OpenStore({ database, definition: blobs });
  const pair = (id: number) =>
    store.transaction(async (tx) => {
      await tx.insert("blobs", { id: `${id}a`, data: "x".repeat(20_000) });
      await tx.insert("blobs", { id: `${id}b`, data: "x".repeat(20_000) });
    });

  let stored = 0;
  const fill = async () => {
    for (; stored < 100; stored++) await pair(stored);
  };
  await expect(fill()).rejects.toMatchObject({
    reason: "STORE_FAILED",
    retryable: true,
    message: expect.stringContaining(path),
  });
  expect(stored).toBeGreaterThan(0);
  // Of transactions that share a commit, none is told that it succeeded.
  const brief = { timeoutMs: 1_000 };
  const together = Array.from({ length: 5 }, (_, index) =>
    database.write(
      (session) =>
        database
          .within(session, blobs)
          .insertInto("blobs")
          .values({ id: `t${index}`, data: "x".repeat(100_000) })
          .execute(),
      brief,
    ),
  );
  const outcomes = await Promise.allSettled(together);
  const kept = await store.selectFrom("blobs").select("id").where("id", "like", "t%").execute();
  expect(kept).toHaveLength(outcomes.filter(({ status }) => status === "fulfilled").length);
  expect(kept.length).toBeLessThan(5);
  expect(await store.selectFrom("blobs").select("id").where("id", "not like", "t%").execute()).toHaveLength(stored * 2);

  rmSync(ballast);
  await pair(stored);
  expect(await store.find("blobs", `${stored}b`)).toBeDefined();
  await database.close();
});

test("a statement that fails for want of room ends its transaction, even when the manager swallows the error", async (context) => {
  using disk = smallDisk();
  if (!disk) return context.skip("this process may not mount a small file system");
  const database = await Database.open(sqlite({ path: join(disk.root, "store.db") }), { clock: new ManualClock() });
  await database.migrate(blobs);
  const { store } = new OpenStore({ database, definition: blobs });
  const swallowing = store.transaction(async (tx) => {
    await tx.insert("blobs", { id: "small", data: "x" });
    // Larger than SQLite's page cache, so that it needs the disk before the commit.
    for (let index = 0; index < 8; index++)
      await tx.insert("blobs", { id: `${index}`, data: "x".repeat(1_000_000) }).catch(() => {});
    await tx.insert("blobs", { id: "after", data: "x" }).catch(() => {});
  });
  await expect(swallowing).rejects.toMatchObject({ reason: "STORE_FAILED" });
  expect(await store.selectFrom("blobs").select("id").execute()).toEqual([]);
  await database.close();
});

test("a full disk is told of until there is room again, and a probe that lasts", async (context) => {
  using disk = smallDisk();
  if (!disk) return context.skip("this process may not mount a small file system");
  const clock = new ManualClock();
  const ballast = join(disk.root, "ballast");
  const path = join(disk.root, "store.db");
  const database = await Database.open(sqlite({ path }), { clock });
  await database.migrate(blobs);
  const { store } = new OpenStore({ database, definition: blobs });
  const told: (string | undefined)[] = [];
  database.health.onChange((fault) => told.push(fault?.kind));
  const { bavail, bsize } = statfsSync(disk.root);
  writeFileSync(ballast, Buffer.alloc(bavail * bsize - 64 * 1_024));
  await expect(
    store.transaction((tx) => tx.insert("blobs", { id: "large", data: "x".repeat(200_000) })),
  ).rejects.toMatchObject({ reason: "STORE_FAILED", retryable: true });
  expect(told).toEqual(["full"]);
  // What fits is kept all the same, and says nothing of the room that is left.
  await store.transaction((tx) => tx.insert("blobs", { id: "small", data: "x" }));
  for (let second = 0; second < 5; second++) {
    await clock.advance(1_000);
    await statfs(path);
  }
  expect(told).toEqual(["full"]);
  rmSync(ballast);
  await expect
    .poll(async () => {
      await clock.advance(1_000);
      return database.health.fault;
    })
    .toBeUndefined();
  expect(told).toEqual(["full", undefined]);
  await store.transaction((tx) => tx.insert("blobs", { id: "large", data: "x".repeat(200_000) }));
  expect(await store.selectFrom("blobs").select("id").execute()).toHaveLength(2);
  await database.close();
});
