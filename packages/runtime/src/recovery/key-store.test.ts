import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ManualClock } from "../base/manual-clock.ts";
import { inputDigestOf } from "../rpc/idempotency-key.ts";
import { column, Database, defineRuntimeStore, table } from "../store/index.ts";
import { sqlite } from "../store/sqlite/index.ts";
import { markedAs, openHouse } from "./house.test-kit.ts";

/** The tables as version 1 had them. */
const oldColumns = {
  manager: column.text().primaryKey(),
  caller: column.text().primaryKey(),
  key: column.text().primaryKey(),
  operation: column.text(),
  inputDigest: column.text(),
  state: column.text(),
  provisional: column.text().nullable(),
  answer: column.text().nullable(),
  address: column.text(),
  epoch: column.integer(),
  createdAt: column.timestamp().index(),
};
const keysBefore = defineRuntimeStore("keys", { tables: { keys: table(oldColumns) } });
const workBefore = defineRuntimeStore("work", {
  tables: {
    work: table(
      {
        id: column.text().primaryKey(),
        manager: column.text(),
        kind: column.text(),
        resource: column.text(),
        payload: column.text(),
        address: column.text(),
        epoch: column.integer(),
        begunAt: column.timestamp(),
        holderAddress: column.text(),
        holderEpoch: column.integer(),
        claims: column.integer().default(0),
        failedRecoveries: column.integer().default(0),
        lastError: column.text().nullable(),
      },
      {
        indexes: [{ columns: ["manager", "resource"], unique: true }, { columns: ["manager", "holderAddress"] }],
      },
    ),
  },
});

test("a file of the version before is taken on: its keys go, its work is recovered", async () => {
  const directory = await mkdtemp(join(tmpdir(), "reeve-keys-"));
  const path = join(directory, "reeve.sqlite");
  const at = new Date(0);
  const place = { manager: "volume", address: "block-01", epoch: 0 };
  const before = await Database.open(sqlite({ path }), { clock: new ManualClock() });
  await before.migrate(keysBefore);
  await before.migrate(workBefore);
  await before.write(
    async (session) => {
      const key = { ...place, caller: "web-1", key: "k1", operation: "create", inputDigest: "", createdAt: at };
      const kept = { ...key, state: "answered", provisional: null, answer: '"theirs"' };
      await before.within(session, keysBefore).insertInto("keys").values(kept).execute();
      const job = { ...place, id: "1", kind: "volume.creating", resource: "v1", payload: "null", begunAt: at };
      const held = { ...job, holderAddress: "block-01", holderEpoch: 0 };
      await before.within(session, workBefore).insertInto("work").values(held).execute();
    },
    { timeoutMs: 1_000 },
  );
  await before.close();
  try {
    await using house = await openHouse(path);
    const { journal, keys, store } = await house.start();
    expect(await house.keys()).toEqual([]);
    const id = { manager: "volume", operation: "create", tenant: "a", user: "ada", key: "k1" };
    expect(await keys.within({ id, input: {} }, async () => "mine")).toBe("mine");
    await store.transaction((tx) => tx.insert("volumes", { id: "v1", status: "creating" }));
    const seen: unknown[] = [];
    journal.use({
      "volume.creating": (job, context) => {
        seen.push([job.key, job.principal, context.principal.user]);
        return markedAs("available")(job, context);
      },
    });
    expect(await journal.recoverCrashed()).toMatchObject({ recovered: 1 });
    expect(seen).toEqual([[undefined, undefined, "volume/block-01"]]);
    expect(await store.get("volumes", "v1")).toMatchObject({ status: "available" });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});

/** As version 2 had them. */
const keysOfVersion2 = defineRuntimeStore("keys", {
  tables: {
    keys: table(oldColumns, { until: 2 }),
    callKeys: table(
      {
        manager: column.text().primaryKey(),
        operation: column.text().primaryKey(),
        tenant: column.text().primaryKey(),
        user: column.text().primaryKey(),
        key: column.text().primaryKey(),
        inputDigest: column.text(),
        state: column.text(),
        provisional: column.text().nullable(),
        answer: column.text().nullable(),
        resource: column.text().nullable(),
        address: column.text(),
        epoch: column.integer(),
        createdAt: column.timestamp().index(),
      },
      { since: 2 },
    ),
  },
});

test("the keys of version 2 are kept, and are nobody's casts", async () => {
  const directory = await mkdtemp(join(tmpdir(), "reeve-keys-"));
  const path = join(directory, "reeve.sqlite");
  const before = await Database.open(sqlite({ path }), { clock: new ManualClock() });
  await before.migrate(keysOfVersion2);
  const id = { manager: "volume", operation: "rescan", tenant: "", user: "ada", key: "cast-c1" };
  const row = { ...id, inputDigest: inputDigestOf({}), state: "answered", answer: '"theirs"', address: "block-01" };
  await before.write(
    async (session) => {
      const kept = { ...row, provisional: null, resource: null, epoch: 0, createdAt: new Date(0) };
      await before.within(session, keysOfVersion2).insertInto("callKeys").values(kept).execute();
    },
    { timeoutMs: 1_000 },
  );
  await before.close();
  try {
    await using house = await openHouse(path);
    const { keys } = await house.start();
    await keys.acknowledge("remote web-1", ["c1"]);
    expect(await keys.within({ id, input: {} }, () => Promise.reject(new Error("must not run")))).toBe("theirs");
    // By its next delivery it is one.
    await keys.within({ id, input: {}, caster: "remote web-1" }, () => Promise.reject(new Error("must not run")));
    await keys.acknowledge("remote web-1", ["c1"]);
    expect(await house.keys()).toEqual([]);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
