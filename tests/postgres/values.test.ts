import { postgres } from "@reeve/postgres";
import { column, defineStore, sql, table } from "@reeve/runtime";
import { Database, OpenStore } from "@reeve/runtime/internal";
import { systemClock } from "@reeve/runtime/store";
import { type PostgresServer, postgresServer } from "@reeve/testing";
import fc from "fast-check";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";

// A hundred rows and more, each in transactions of its own, on a busy machine.
vi.setConfig({ testTimeout: 120_000 });

let server: PostgresServer;
beforeAll(async () => {
  // What a server may be set to, and a session must not depend on.
  server = await postgresServer({
    settings: { timezone: "Asia/Kolkata", datestyle: "SQL, DMY", bytea_output: "escape", extra_float_digits: -5 },
  });
});
afterAll(() => server.close());

const things = defineStore("thing", {
  tables: {
    things: table({
      id: column.text().primaryKey(),
      text: column.text().nullable(),
      integer: column.integer().nullable(),
      real: column.real().nullable(),
      at: column.timestamp().nullable(),
      json: column.json<object>().nullable(),
      bytes: column.bytes().nullable(),
    }),
  },
});

async function open() {
  const url = await server.createDatabase();
  const database = await Database.open(postgres({ url }), { clock: systemClock });
  onTestFinished(() => database.close());
  await database.migrate(things);
  return new OpenStore({ database, definition: things }).store;
}

test("every value that a column promises to hold comes back as it was", async () => {
  const store = await open();
  let last = 0;
  const text = fc.string({ unit: "grapheme" }).filter((value) => !value.includes("\0"));
  const row = fc.record({
    text: fc.option(text),
    integer: fc.option(fc.maxSafeInteger()),
    real: fc.option(fc.double({ noNaN: true })),
    at: fc.option(fc.date({ min: new Date("-004712-01-01"), max: new Date("+275000-01-01"), noInvalidDate: true })),
    json: fc.option(
      fc.dictionary(
        text,
        fc.jsonValue().filter((value) => !JSON.stringify(value).includes("\\u0000")),
      ),
    ),
    bytes: fc.option(fc.uint8Array()),
  });
  await fc.assert(
    fc.asyncProperty(row, async (given) => {
      const id = String(last++);
      await store.transaction((tx) => tx.insert("things", { id, ...given } as never));
      const { json, ...rest } = await store.get("things", id);
      const { json: givenJson, ...expected } = given;
      expect(rest).toStrictEqual({ id, ...expected });
      expect(json).toEqual(JSON.parse(JSON.stringify(givenJson)));
    }),
    { numRuns: 200 },
  );
});

test("text with the character NUL is refused clearly, in JSON too, and what only looks like it is kept", async () => {
  const store = await open();
  const insert = (row: object) => store.transaction((tx) => tx.insert("things", { id: "a", ...row } as never));
  const refused = {
    reason: "CONSTRAINT_FAILED",
    message: expect.stringContaining("PostgreSQL keeps no character NUL"),
  };
  await expect(insert({ text: "a\0b" })).rejects.toMatchObject(refused);
  await expect(insert({ json: { a: "\0" } })).rejects.toMatchObject(refused);
  await insert({ text: "\\u0000", json: { a: "\\u0000", b: "\\\\u0000" } });
  expect((await store.get("things", "a")).json).toEqual({ a: "\\u0000", b: "\\\\u0000" });
  expect(server.log).not.toContain("unsupported Unicode escape sequence");
});

test("half of a pair of surrogates is refused clearly, in JSON too, and pairs and what only looks like it are kept", async () => {
  const store = await open();
  const insert = (row: object) => store.transaction((tx) => tx.insert("things", { id: "a", ...row } as never));
  const refused = { reason: "CONSTRAINT_FAILED", message: expect.stringContaining("lone surrogate") };
  await expect(insert({ text: "a\ud800b" })).rejects.toMatchObject(refused);
  await expect(insert({ json: { "\udc00": 1 } })).rejects.toMatchObject(refused);
  await insert({ text: "😀", json: { a: "😀", b: "\\ud800", c: "\ud7ff" } });
  expect(await store.get("things", "a")).toMatchObject({ text: "😀", json: { a: "😀", b: "\\ud800", c: "\ud7ff" } });
  expect(server.log).not.toContain("surrogate");
});

test("whole numbers beyond 2^53 are refused by whatever query, and what SQL counts is a number", async () => {
  const store = await open();
  const beyond = (value: number | bigint) =>
    store.transaction((tx) => tx.insert("things", { id: "a", integer: value as number }));
  await expect(beyond(2 ** 53)).rejects.toMatchObject({ reason: "CONSTRAINT_FAILED" });
  await expect(beyond(2n ** 62n)).rejects.toMatchObject({ reason: "CONSTRAINT_FAILED" });
  await beyond(2 ** 53 - 1);
  const { rows } =
    await sql<object>`select count(*) as many, sum(${sql.ref("integer")}) as total, avg(${sql.ref("integer")} / 2) as half, max(at) as latest from ${sql.table("things")}`.execute(
      store,
    );
  expect({ ...rows[0] }).toEqual({ many: 1, total: 2 ** 53 - 1, half: 2 ** 52 - 1, latest: null });
});
