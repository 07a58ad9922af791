import { expect, test } from "vitest";
import { column, defineStore, table } from "./index.ts";

const id = column.text().primaryKey();
const summaries = (definition: ReturnType<typeof defineStore>) => definition.versions.map(({ summary }) => summary);
const checksums = (definition: ReturnType<typeof defineStore>) => definition.versions.map(({ checksum }) => checksum);

test("history follows from since and until", () => {
  const store = defineStore("volume", {
    tables: {
      volumes: table({
        id,
        name: column.text().unique(),
        host: column.text().nullable().until(3),
        tenant: column.text().default("none").index().since(2),
      }),
      old: table({ id }, { until: 3 }),
      snapshots: table(
        { id, volumeId: column.text(), name: column.text() },
        { since: 2, indexes: [{ columns: ["volumeId", "name"], unique: true, until: 4 }] },
      ),
    },
    migrations: { 3: async () => {} },
  });
  expect(summaries(store)).toEqual([
    "create volumes, index volumes(name), create old",
    "add volumes.tenant, index volumes(tenant), create snapshots, index snapshots(volumeId, name)",
    "migrate rows, drop volumes.host, drop old",
    "drop index snapshots(volumeId, name)",
  ]);
});

test("a later version leaves the checksums of the earlier ones as they were, and so does the order of tables and columns", () => {
  const before = defineStore("volume", {
    tables: { volumes: table({ id, name: column.text(), host: column.text() }), tags: table({ id }) },
  });
  const after = defineStore("volume", {
    tables: {
      tags: table({ id }),
      volumes: table({
        host: column.text().until(2),
        name: column.text(),
        id,
        size: column.integer().default(1).since(2),
      }),
    },
  });
  expect(checksums(after)[0]).toBe(checksums(before)[0]);
});

test.each([
  ["another type", table({ id, name: column.integer() })],
  ["nullable", table({ id, name: column.text().nullable() })],
  ["another default", table({ id, name: column.text().default("x") })],
  ["an index", table({ id, name: column.text().index() })],
  ["one more column", table({ id, name: column.text(), more: column.text() })],
])("a past version that is changed has another checksum: %s", (_, changed) => {
  const original = defineStore("volume", { tables: { volumes: table({ id, name: column.text() }) } });
  expect(checksums(defineStore("volume", { tables: { volumes: changed } }))).not.toEqual(checksums(original));
});

const named = (name: string) => () => defineStore(name, { tables: {} });
const tables = (given: Parameters<typeof defineStore>[1]["tables"]) => () => defineStore("s", { tables: given });

test.each([
  ["an upper case name", named("Volume"), 'store name "Volume"'],
  ["a name with an underscore", named("a_b"), 'store name "a_b"'],
  ["an empty name", named(""), 'store name ""'],
  ["the runtime's name", named("reeve-work"), "kept for the runtime"],
  ["a table name with an underscore", tables({ a_b: table({ id }) }), '"a_b"'],
  ["a column called __proto__", tables({ t: table({ id, ["__proto__"]: id }) }), '"__proto__"'],
  ["names that differ by case", tables({ t: table({ id, iD: column.text() }) }), '"iD" differs'],
  ["no primary key", tables({ t: table({ a: column.text() }) }), "no column is its primaryKey()"],
  ["a nullable key", tables({ t: table({ id: id.nullable() }) }), "t.id: a primary key is neither nullable"],
  ["a json key", tables({ t: table({ id: column.json().primaryKey() }) }), "t.id: json cannot be a key"],
  [
    "an added column that rows cannot have",
    tables({ t: table({ id, a: column.text().since(2) }) }),
    "t.a: added in version 2",
  ],
  [
    "a default of another type",
    tables({ t: table({ id, a: column.text().default(1 as never) }) }),
    "default: expected text, got 1",
  ],
  [
    "a gap in the versions",
    tables({ t: table({ id, a: column.text().nullable().since(3) }) }),
    "nothing happens in version 2",
  ],
  [
    "a version that is not whole",
    tables({ t: table({ id, a: column.text().nullable().since(1.5) }) }),
    "since: expected a version 1, 2, 3, …, got 1.5",
  ],
  [
    "a column older than its table",
    tables({ t: table({ id, a: column.text().since(1) }, { since: 2 }) }),
    "before its table",
  ],
  [
    "a removal before the addition",
    tables({ t: table({ id, a: column.text().nullable().since(2).until(2) }) }),
    "until 2 is not after",
  ],
  [
    "an index on a column that comes later",
    tables({ t: table({ id, a: column.text().nullable().since(2) }, { indexes: [{ columns: ["a"] }] }) }),
    '"a" comes later',
  ],
  [
    "an index that outlives its column",
    tables({ t: table({ id, a: column.text().until(2) }, { indexes: [{ columns: ["a"] }] }) }),
    "give the index until: 2",
  ],
])("refuses %s, naming it", (_, define, culprit) => {
  expect(define).toThrow(
    expect.objectContaining({ reason: "INVALID_OPTION", message: expect.stringContaining(culprit) }),
  );
});

test.each([
  ["an option of the store", { tables: {}, migration: {} }, 'store "s": unknown option "migration"; did you mean'],
  [
    "an option of a table",
    { tables: { t: table({ id }, { indices: [] } as never) } },
    's", t: unknown option "indices"',
  ],
  [
    "an option of an index",
    { tables: { t: table({ id }, { indexes: [{ columns: ["id"], uniqe: true } as never] }) } },
    't, index (id): unknown option "uniqe"; did you mean "unique"?',
  ],
])("refuses %s that is misspelt, naming it", (_, options, culprit) => {
  expect(() => defineStore("s", options)).toThrow(
    expect.objectContaining({ reason: "INVALID_OPTION", message: expect.stringContaining(culprit) }),
  );
});

test("refuses a migration of no version, naming it", () => {
  const define = () => defineStore("s", { tables: { t: table({ id }) }, migrations: { 0: async () => {} } });
  expect(define).toThrow('migrations: expected versions 1, 2, 3, …, got "0"');
});
