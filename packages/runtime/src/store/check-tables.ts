import { reeveError } from "@reeve/contract";
import { knownKeys } from "../config/index.ts";
import type { ColumnKind, ColumnSpec } from "./column.ts";
import type { IndexSpec, Table } from "./table.ts";

const namePattern = /^[a-z][a-zA-Z0-9]*$/;
const longestName = 30;

/** @throws ReeveError `INVALID_OPTION` naming the store, table and column at fault */
export function checkTables(store: string, tables: Readonly<Record<string, Table>>): void {
  checkNames(`store "${store}"`, Object.keys(tables));
  for (const [name, table] of Object.entries(tables)) checkTable(`store "${store}", ${name}`, table);
}

function checkTable(where: string, { columns, options }: Table): void {
  knownKeys(where, options, ["indexes", "since", "until"]);
  const since = options.since ?? 1;
  checkSpan(where, options.since, options.until, 1, undefined);
  checkNames(where, Object.keys(columns));
  const specs = Object.entries(columns).map(([name, { spec }]) => [name, spec] as const);
  if (!specs.some(([, spec]) => spec.primaryKey)) refuse(where, "no column is its primaryKey()");
  for (const [name, spec] of specs) checkColumn(`${where}.${name}`, spec, since, options.until);
  for (const index of options.indexes ?? []) checkIndex(where, index, new Map(specs), since, options.until);
}

function checkColumn(where: string, spec: ColumnSpec, tableSince: number, tableUntil: number | undefined): void {
  checkSpan(where, spec.since, spec.until, tableSince, tableUntil);
  const added = spec.since !== undefined && spec.since > tableSince;
  if (spec.primaryKey && (spec.nullable || added || spec.until !== undefined)) {
    refuse(where, "a primary key is neither nullable nor added or removed later");
  }
  if (spec.primaryKey && (spec.kind === "json" || spec.kind === "bytes")) refuse(where, `${spec.kind} cannot be a key`);
  if (spec.kind === "json" && (spec.unique || spec.indexed)) refuse(where, "json cannot be indexed");
  if (added && !spec.nullable && spec.default === undefined) {
    refuse(where, `added in version ${spec.since}, it needs nullable() or default(…) for the rows already there`);
  }
  if (spec.default !== undefined && !(spec.default === null && spec.nullable) && !holds(spec.kind, spec.default)) {
    refuse(where, `default: expected ${spec.kind}, got ${JSON.stringify(spec.default)}`);
  }
}

function checkIndex(
  where: string,
  index: IndexSpec,
  specs: ReadonlyMap<string, ColumnSpec>,
  tableSince: number,
  tableUntil: number | undefined,
): void {
  const at = `${where}, index (${index.columns.join(", ")})`;
  knownKeys(at, index, ["columns", "unique", "since", "until"]);
  checkSpan(at, index.since, index.until, tableSince, tableUntil);
  if (index.columns.length === 0) refuse(at, "it names no column");
  for (const column of index.columns) {
    const spec = specs.get(column);
    if (!spec) refuse(at, `column "${column}" does not exist`);
    if (spec?.kind === "json") refuse(at, `"${column}" is json, which cannot be indexed`);
    if ((spec?.since ?? tableSince) > (index.since ?? tableSince)) refuse(at, `"${column}" comes later than the index`);
    if (spec?.until !== undefined && (index.until ?? Number.POSITIVE_INFINITY) > spec.until) {
      refuse(at, `"${column}" goes in version ${spec.until}; give the index until: ${spec.until}`);
    }
  }
}

function checkSpan(
  where: string,
  since: number | undefined,
  until: number | undefined,
  first: number,
  last: number | undefined,
): void {
  for (const [field, version] of [
    ["since", since],
    ["until", until],
  ] as const) {
    if (version === undefined || (Number.isInteger(version) && version >= 1)) continue;
    refuse(where, `${field}: expected a version 1, 2, 3, …, got ${JSON.stringify(version)}`);
  }
  if (since !== undefined && since < first) refuse(where, `since ${since} is before its table, which came in ${first}`);
  if (until !== undefined && until <= (since ?? first))
    refuse(where, `until ${until} is not after since ${since ?? first}`);
  if (last !== undefined && (until ?? last) > last)
    refuse(where, `until ${until} is after its table, which goes in ${last}`);
}

function checkNames(where: string, names: readonly string[]): void {
  const seen = new Set<string>();
  for (const name of names) {
    if (!namePattern.test(name) || name.length > longestName) {
      refuse(where, `name ${JSON.stringify(name)}: use letters and digits, lower case first, at most ${longestName}`);
    }
    if (seen.has(name.toLowerCase())) refuse(where, `"${name}" differs from another name only by case`);
    seen.add(name.toLowerCase());
  }
}

function holds(kind: ColumnKind, value: unknown): boolean {
  switch (kind) {
    case "text":
      return typeof value === "string";
    case "integer":
      return Number.isSafeInteger(value);
    case "real":
      return Number.isFinite(value);
    case "boolean":
      return typeof value === "boolean";
    case "json":
      return typeof value === "object" && value !== null;
    case "timestamp":
      return value instanceof Date && !Number.isNaN(value.getTime());
    case "bytes":
      return value instanceof Uint8Array;
  }
}

function refuse(where: string, problem: string): never {
  throw reeveError("INVALID_OPTION", `${where}: ${problem}`);
}
