import type { ColumnKind, ColumnSpec } from "../column.ts";
import type { NamedColumn } from "../schema-change.ts";
import { quote, type SchemaWords } from "../schema-sql.ts";
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

/** How SQLite words the statements of {@link schemaSql}. */
export const schemaWords: SchemaWords = {
  column: columnSql,
  keyName: () => "",
  tableOptions: " strict",
  indexName: (name) => name,
};

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
