import { expect, test } from "vitest";
import { LoopTurn } from "../../base/loop-turn.ts";
import { ManualClock } from "../../base/manual-clock.ts";
import { column, defineStore, table } from "../index.ts";
import { schemaSql } from "../schema-sql.ts";
import { Connection } from "./connection.ts";
import { schemaWords } from "./schema-sql.ts";
import { WriteSession } from "./write-session.ts";

const { layout } = defineStore("note", {
  tables: { notes: table({ id: column.text().primaryKey(), text: column.text() }) },
});

function openSession() {
  const connection = new Connection({ path: ":memory:", readOnly: false, isTable: () => true });
  const { name, columns, physicalName } = layout.tables.get("notes")!;
  const named = [...columns].map(([name, spec]) => ({ name, spec }));
  connection.command(schemaSql(layout, { kind: "create-table", table: name, columns: named } as never, schemaWords));
  const clock = new ManualClock();
  const session = new WriteSession({
    ...{ connection, clock, turn: new LoopTurn(clock), schemaChanged: () => {}, overdue: () => undefined },
  });
  connection.control("begin immediate");
  connection.control("savepoint brief");
  session.remember();
  const insert = (id: string, text: string) =>
    session.execute(layout, {
      sql: `insert into ${physicalName} (id, text) values (?, ?)`,
      parameters: [id, text],
    } as never);
  const ids = () => connection.rows(`select id from ${physicalName}`).map(({ id }) => id);
  return { connection, session, insert, ids, [Symbol.dispose]: () => connection.close() };
}

test("when SQLite gives a transaction up while it is repeated, the rest of it is not done by itself", async () => {
  using opened = openSession();
  const { connection, session, insert, ids } = opened;
  await insert("large", "x".repeat(1_000_000));
  await insert("small", "x");
  connection.control("rollback to brief");
  const [{ page_count: pages } = {}] = connection.rows("pragma page_count");
  connection.command(`pragma max_page_count = ${Number(pages) + 2}`);
  session.repeat();
  expect(connection.inTransaction).toBe(false);
  expect([session.lost?.reason, ids()]).toEqual(["STORE_FAILED", []]);
  await expect(insert("later", "x")).rejects.toBe(session.lost);
});
