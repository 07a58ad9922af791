import { createHash } from "node:crypto";
import { reeveError } from "@reeve/contract";
import type { QueryCreator } from "kysely";
import { describeChange, type NamedColumn, type SchemaChange } from "./schema-change.ts";
import type { IndexSpec, Table } from "./table.ts";

/** Rewrites rows between two versions, in the transaction that changes the tables. Tables and columns have that version's shape. */
export type DataMigration = (tx: QueryCreator<any>) => Promise<unknown>;

/** One step in a store's history: additions, then the rewriting of rows, then removals. */
export interface SchemaVersion {
  readonly number: number;
  /** What it does, for messages and the migration record. */
  readonly summary: string;
  readonly additions: readonly SchemaChange[];
  readonly migrate: DataMigration | undefined;
  readonly removals: readonly SchemaChange[];
  /** Over everything but the body of `migrate`, whose text compilers and formatters change. */
  readonly checksum: string;
}

interface Span {
  readonly since: number;
  readonly until: number | undefined;
}

interface Dated {
  readonly change: SchemaChange;
  readonly version: number;
}

/** Reads a store's history out of the `since` and `until` of its tables, columns and indexes. */
export function compileVersions(
  store: string,
  tables: Readonly<Record<string, Table>>,
  migrations: Readonly<Record<number, DataMigration>>,
): readonly SchemaVersion[] {
  const additions: Dated[] = [];
  const removals: Dated[] = [];
  for (const [name, table] of Object.entries(tables)) historyOf(name, table, additions, removals);
  const migrated = Object.keys(migrations).map((version) => versionNumber(store, version));
  const latest = Math.max(1, ...[...additions, ...removals].map(({ version }) => version), ...migrated);
  return Array.from({ length: latest }, (_, index) => {
    const number = index + 1;
    const at = (dated: readonly Dated[]) =>
      dated.filter(({ version }) => version === number).map(({ change }) => change);
    return versionOf(store, number, at(additions), migrations[number], at(removals));
  });
}

function versionOf(
  store: string,
  number: number,
  additions: readonly SchemaChange[],
  migrate: DataMigration | undefined,
  removals: readonly SchemaChange[],
): SchemaVersion {
  const steps = [
    ...additions.map(describeChange),
    ...(migrate ? ["migrate rows"] : []),
    ...removals.map(describeChange),
  ];
  if (steps.length === 0 && number > 1) {
    throw reeveError(
      "INVALID_OPTION",
      `store "${store}": nothing happens in version ${number}; number versions without gaps`,
    );
  }
  const content = [number, migrate !== undefined, canonical(additions), canonical(removals)];
  const checksum = createHash("sha256").update(JSON.stringify(content)).digest("hex");
  return { number, summary: steps.join(", "), additions, migrate, removals, checksum };
}

function versionNumber(store: string, text: string): number {
  const version = Number(text);
  if (Number.isInteger(version) && version >= 1) return version;
  throw reeveError(
    "INVALID_OPTION",
    `store "${store}", migrations: expected versions 1, 2, 3, …, got ${JSON.stringify(text)}`,
  );
}

function historyOf(name: string, table: Table, additions: Dated[], removals: Dated[]): void {
  const life: Span = { since: table.options.since ?? 1, until: table.options.until };
  const columns = Object.entries(table.columns).map(([column, { spec }]): NamedColumn => ({ name: column, spec }));
  const original = columns.filter(({ spec }) => (spec.since ?? life.since) <= life.since);
  additions.push({ version: life.since, change: { kind: "create-table", table: name, columns: original } });
  for (const column of columns) {
    if (original.includes(column)) continue;
    additions.push({ version: column.spec.since!, change: { kind: "add-column", table: name, column } });
  }
  for (const index of indexesOf(table, columns)) {
    const span = { since: index.since ?? life.since, until: index.until };
    const { columns: over, unique = false } = index;
    additions.push({ version: span.since, change: { kind: "create-index", table: name, columns: over, unique } });
    if (span.until === undefined || span.until === life.until) continue;
    removals.push({ version: span.until, change: { kind: "drop-index", table: name, columns: over } });
  }
  for (const { name: column, spec } of columns) {
    if (spec.until === undefined || spec.until === life.until) continue;
    removals.push({ version: spec.until, change: { kind: "drop-column", table: name, column } });
  }
  if (life.until !== undefined) removals.push({ version: life.until, change: { kind: "drop-table", table: name } });
}

/** Indexes of single columns live as long as their column; those of several as stated. */
function indexesOf(table: Table, columns: readonly NamedColumn[]): readonly IndexSpec[] {
  const single = columns
    .filter(({ spec }) => spec.unique || spec.indexed)
    .map(({ name, spec }): IndexSpec => ({ columns: [name], unique: spec.unique, ...spanOf(spec) }));
  return [...single, ...(table.options.indexes ?? [])];
}

function spanOf({ since, until }: { readonly since?: number; readonly until?: number }) {
  return { ...(since === undefined ? {} : { since }), ...(until === undefined ? {} : { until }) };
}

/** The same for tables, columns and keys in another order, and for what later versions take away. */
function canonical(changes: readonly SchemaChange[]): readonly string[] {
  return changes.map((change) => JSON.stringify(change, sorted)).sort();
}

function sorted(key: string, value: unknown): unknown {
  if (key === "since" || key === "until") return undefined;
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  if (Array.isArray(value)) return key === "columns" && typeof value[0] === "object" ? byName(value) : value;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function byName(columns: readonly NamedColumn[]): readonly NamedColumn[] {
  return columns.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
