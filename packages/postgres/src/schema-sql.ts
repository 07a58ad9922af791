import { createHash } from "node:crypto";
import { type ColumnKind, type NamedColumn, quote, type SchemaWords } from "@reeve/runtime/store";
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

/** How PostgreSQL words the statements that change a schema. */
export const schemaWords: SchemaWords = {
  column: columnSql,
  keyName: (table) => `constraint ${quote(shortened(`${table}_key`))} `,
  tableOptions: "",
  indexName: shortened,
};

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

function shortened(name: string): string {
  if (name.length <= longestName) return name;
  const digest = createHash("sha256").update(name).digest("hex").slice(0, 12);
  return `${name.slice(0, longestName - digest.length - 1)}_${digest}`;
}
