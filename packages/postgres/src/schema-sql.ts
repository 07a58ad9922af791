import { createHash } from "node:crypto";
import type { ColumnKind, NamedColumn, SchemaChange, StoreLayout } from "@reeve/runtime/store";
import { encode } from "./values.ts";

const typeNames: Record<ColumnKind, string> = {
  text: "text",
  integer: "bigint",
  real: "double precision",
  boolean: "boolean",
  json: "jsonb",
  timestamp: "timestamp(3) with time zone",
  bytes: "bytea",
};

const largestInteger = Number.MAX_SAFE_INTEGER;
/** PostgreSQL cuts longer names, and two that are the same then are one. */
const longestName = 63;

/** The statement that makes a change. */
export function schemaSql(layout: StoreLayout, change: SchemaChange): string {
  const table = layout.tables.get(change.table)!.physicalName;
  switch (change.kind) {
    case "create-table": {
      const key = change.columns.filter(({ spec }) => spec.primaryKey).map(({ name }) => quote(name));
      const named = `constraint ${quote(shortened(`${table}_key`))}`;
      const parts = [...change.columns.map(columnSql), `${named} primary key (${key.join(", ")})`];
      return `create table ${quote(table)} (${parts.join(", ")})`;
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
  // By bytes, as in SQLite: the order of keys is the same in both, and an index serves prefixes.
  const collation = spec.kind === "text" ? ' collate "C"' : "";
  const notNull = spec.nullable ? "" : " not null";
  const fallback = spec.default === undefined ? "" : ` default ${literal(spec.default)}`;
  return `${quote(name)} ${typeNames[spec.kind]}${collation}${notNull}${fallback}${checkSql(name, spec.kind)}`;
}

/** What PostgreSQL has no type for, it checks: a wrong value never gets in, by whatever query. */
function checkSql(name: string, kind: ColumnKind): string {
  const column = quote(name);
  if (kind === "integer") {
    return ` constraint ${quote(`${name} is within 2^53`)} check (${column} between -${largestInteger} and ${largestInteger})`;
  }
  if (kind !== "json") return "";
  return ` constraint ${quote(`${name} is an object or array`)} check (jsonb_typeof(${column}) in ('object', 'array'))`;
}

function literal(value: unknown): string {
  const encoded = encode(value);
  if (encoded === null) return "null";
  const text = typeof encoded === "string" ? encoded : `\\x${encoded.toString("hex")}`;
  return `'${text.replaceAll("'", "''")}'`;
}

function indexName(table: string, columns: readonly string[]): string {
  return shortened(`${table}_by_${columns.join("_")}`);
}

function shortened(name: string): string {
  if (name.length <= longestName) return name;
  const digest = createHash("sha256").update(name).digest("hex").slice(0, 12);
  return `${name.slice(0, longestName - digest.length - 1)}_${digest}`;
}

export function quote(name: string): string {
  return `"${name}"`;
}
