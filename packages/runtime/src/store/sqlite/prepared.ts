import type { StatementSync } from "node:sqlite";
import type { QueryResult } from "kysely";
import type { StoreLayout } from "../store-layout.ts";
import { decoderOf, type SqliteValue } from "./values.ts";

export interface Prepared {
  run(values: readonly SqliteValue[]): QueryResult<unknown>;
}

interface ResultColumn {
  readonly name: string;
  readonly decode: ((value: SqliteValue) => unknown) | undefined;
}

/** A statement together with how its results become rows: each result column remembers the column it stems from. */
export function prepared(statement: StatementSync, layout: StoreLayout): Prepared {
  const columns = statement.columns().map(({ name, table, column }): ResultColumn => {
    const origin =
      table === null || column === null ? undefined : layout.physicalTables.get(table)?.columns.get(column);
    return { name, decode: decoderOf(origin?.kind) };
  });
  if (columns.length === 0) return { run: (values) => changing(statement, values) };
  statement.setReturnArrays(true);
  return {
    run(values) {
      const results = statement.all(...values) as unknown as SqliteValue[][];
      return { rows: results.map((result) => rowOf(columns, result)) };
    },
  };
}

function changing(statement: StatementSync, values: readonly SqliteValue[]): QueryResult<unknown> {
  const { changes, lastInsertRowid } = statement.run(...values);
  return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) };
}

function rowOf(columns: readonly ResultColumn[], values: readonly SqliteValue[]): object {
  const row: Record<string, unknown> = {};
  for (let index = 0; index < columns.length; index++) {
    const { name, decode } = columns[index]!;
    const value = values[index]!;
    row[name] = decode && value !== null ? decode(value) : value;
  }
  return Object.freeze(row);
}
