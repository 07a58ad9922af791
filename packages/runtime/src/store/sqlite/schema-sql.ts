import type { ColumnKind, ColumnSpec } from "../column.ts";
import type { NamedColumn, SchemaChange } from "../schema-change.ts";
import type { StoreLayout } from "../store-layout.ts";
import { encode } from "./values.ts";

/** Types of strict tables: https://sqlite.org/stricttables.html */
const typeNames: Record<ColumnKind, string> = {
  text: "text",
  integer: "integer",
  real: "real",
  boolean: "integer",
  json: "text",
  timestamp: "integer",
  bytes: "blob",
};

/** The statement that makes a change. */
export function schemaSql(layout: StoreLayout, change: SchemaChange): string {
  const table = layout.tables.get(change.table)!.physicalName;
  switch (change.kind) {
    case "create-table": {
      const key = change.columns.filter(({ spec }) => spec.primaryKey).map(({ name }) => quote(name));
      const parts = [...change.columns.map(columnSql), `primary key (${key.join(", ")})`];
      return `create table ${quote(table)} (${parts.join(", ")}) strict`;
    }
    case "add-column":
      return `alter table ${quote(table)} add column ${columnSql(change.column)}`;
    case "create-index": {
      const columns = change.columns.map(quote).join(", ");
      return `create ${change.unique ? "unique " : ""}index ${quote(indexName(table, change.columns))} on ${quote(table)} (${columns})`;
    }
    case "drop-index":
      return `drop index ${quote(indexName(table, change.columns))}`;
    case "drop-column":
      return `alter table ${quote(table)} drop column ${quote(change.column)}`;
    case "drop-table":
      return `drop table ${quote(table)}`;
  }
}

function columnSql({ name, spec }: NamedColumn): string {
  const notNull = spec.nullable ? "" : " not null";
  const fallback = spec.default === undefined ? "" : ` default ${literal(spec.default)}`;
  return `${quote(name)} ${typeNames[spec.kind]}${notNull}${fallback}${checkSql(name, spec)}`;
}

/** What SQLite has no type for, it checks: a wrong value never gets in, by whatever query. */
function checkSql(name: string, { kind }: ColumnSpec): string {
  const column = quote(name);
  if (kind === "boolean") return ` constraint "${name} is boolean" check (${column} in (0, 1))`;
  if (kind !== "json") return "";
  const isJson = `json_valid(${column}) and json_type(${column}) in ('object', 'array')`;
  return ` constraint "${name} is an object or array" check (${column} is null or (${isJson}))`;
}

function literal(value: unknown): string {
  const encoded = encode(value);
  if (encoded === null) return "null";
  if (typeof encoded === "string") return `'${encoded.replaceAll("'", "''")}'`;
  if (encoded instanceof Uint8Array) return `x'${Buffer.from(encoded).toString("hex")}'`;
  return String(encoded);
}

function indexName(table: string, columns: readonly string[]): string {
  return `${table}_by_${columns.join("_")}`;
}

function quote(name: string): string {
  return `"${name}"`;
}
