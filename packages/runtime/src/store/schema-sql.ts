import type { NamedColumn, SchemaChange } from "./schema-change.ts";
import type { StoreLayout } from "./store-layout.ts";

/** How a database words what each has in its own way. */
export interface SchemaWords {
  /** A column, with its type and what is checked of it. */
  column(column: NamedColumn): string;
  /** What stands before `primary key`. */
  keyName(table: string): string;
  /** What stands behind the columns of a table. */
  readonly tableOptions: string;
  /** The name of an index that would be called so. */
  indexName(name: string): string;
}

/**
 * The statement that makes a change.
 *
 * @example
 * ```ts
 * const words = { column: columnSql, keyName: () => "", tableOptions: " strict", indexName: (name: string) => name };
 * const statement = schemaSql(layout, change, words);
 * ```
 */
export function schemaSql(layout: StoreLayout, change: SchemaChange, words: SchemaWords): string {
  const table = layout.tables.get(change.table)!.physicalName;
  const indexName = (columns: readonly string[]) => quote(words.indexName(`${table}_by_${columns.join("_")}`));
  switch (change.kind) {
    case "create-table": {
      const key = change.columns.filter(({ spec }) => spec.primaryKey).map(({ name }) => quote(name));
      const parts = [...change.columns.map(words.column), `${words.keyName(table)}primary key (${key.join(", ")})`];
      return `create table ${quote(table)} (${parts.join(", ")})${words.tableOptions}`;
    }
    case "add-column":
      return `alter table ${quote(table)} add column ${words.column(change.column)}`;
    case "create-index": {
      const columns = change.columns.map(quote).join(", ");
      return `create ${change.unique ? "unique " : ""}index ${indexName(change.columns)} on ${quote(table)} (${columns})`;
    }
    case "drop-index":
      return `drop index ${indexName(change.columns)}`;
    case "drop-column":
      return `alter table ${quote(table)} drop column ${quote(change.column)}`;
    case "drop-table":
      return `drop table ${quote(table)}`;
  }
}

/**
 * A name as it stands in a statement.
 *
 * @example
 * ```ts
 * const statement = `drop table ${quote("volumes")}`;
 * ```
 */
export function quote(name: string): string {
  return `"${name}"`;
}
