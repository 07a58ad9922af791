import { reeveError } from "@reeve/contract";
import { knownKeys } from "../config/index.ts";
import { checkTables } from "./check-tables.ts";
import { compileVersions, type DataMigration, type SchemaVersion } from "./schema-version.ts";
import { layoutOf, type StoreLayout } from "./store-layout.ts";
import type { Table } from "./table.ts";

export type Tables = Readonly<Record<string, Table>>;

export interface StoreOptions<T extends Tables> {
  readonly tables: T;
  /** By version: what to do with the rows after that version's additions and before its removals. */
  readonly migrations?: Readonly<Record<number, DataMigration>>;
}

export interface StoreDefinition<T extends Tables = Tables> {
  readonly name: string;
  readonly tables: T;
  readonly layout: StoreLayout;
  /** From the first to the latest; each is one transaction. */
  readonly versions: readonly SchemaVersion[];
}

const namePattern = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
const longestName = 30;

/**
 * Declares the tables a manager owns and how they came to be: the columns, tables and indexes of the first version, and
 * `since` and `until` for every later change. A version is applied once, in a transaction of its own, and recorded with a checksum.
 *
 * @param name prefixes the tables in the database; managers with one definition share its tables
 * @throws ReeveError `INVALID_OPTION` naming the table and column that is malformed
 *
 * @example
 * ```ts
 * const volumeStore = defineStore("volume", {
 *   tables: {
 *     volumes: table({
 *       id: column.text().primaryKey(),
 *       name: column.text(),
 *       tenant: column.text().default("none").since(2),
 *     }),
 *   },
 * });
 * ```
 */
export function defineStore<const T extends Tables>(name: string, options: StoreOptions<T>): StoreDefinition<T> {
  if (typeof name !== "string" || !namePattern.test(name) || name.length > longestName) {
    throw reeveError(
      "INVALID_OPTION",
      `store name ${JSON.stringify(name)}: use lower case words joined by "-", at most ${longestName} characters`,
    );
  }
  if (name === "reeve" || name.startsWith("reeve-")) {
    throw reeveError("INVALID_OPTION", `store name "${name}" is kept for the runtime's own tables`);
  }
  return compile(name, name.replaceAll("-", "_"), options);
}

/** Declares tables of the runtime itself: `reeve_…`, which no manager reaches. */
export function defineRuntimeStore<const T extends Tables>(part: string, options: StoreOptions<T>): StoreDefinition<T> {
  return compile(`reeve/${part}`, "reeve", options);
}

function compile<T extends Tables>(name: string, prefix: string, options: StoreOptions<T>): StoreDefinition<T> {
  knownKeys(`store "${name}"`, options, ["tables", "migrations"]);
  const migrations = options.migrations ?? {};
  checkTables(name, options.tables);
  const versions = compileVersions(name, options.tables, migrations);
  return Object.freeze({ name, tables: options.tables, layout: layoutOf(name, prefix, options.tables), versions });
}
