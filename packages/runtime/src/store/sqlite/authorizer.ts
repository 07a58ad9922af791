import { constants } from "node:sqlite";
import type { StoreLayout } from "../store-layout.ts";

/** On whose behalf a statement is prepared and run. Absent: the runtime itself. */
export interface Scope {
  readonly layout: StoreLayout;
  readonly readOnly: boolean;
}

type Authorizer = (action: number, first: string | null, second: string | null, database: string | null) => number;

/** Table-valued functions that read nothing but their argument. */
const harmlessTables = new Set(["json_each", "json_tree"]);

/**
 * Keeps the statements of a scope to its own tables, whatever their text.
 *
 * @param isTable tells the tables of the file from names that a statement made up
 */
export function authorizer(scope: () => Scope | undefined, isTable: (name: string) => boolean): Authorizer {
  return (action, first, second, database) => {
    const current = scope();
    if (!current) return constants.SQLITE_OK;
    return allows(current, action, first ?? "", second, database, isTable)
      ? constants.SQLITE_OK
      : constants.SQLITE_DENY;
  };
}

function allows(
  { layout, readOnly }: Scope,
  action: number,
  name: string,
  second: string | null,
  database: string | null,
  isTable: (name: string) => boolean,
): boolean {
  switch (action) {
    case constants.SQLITE_SELECT:
    case constants.SQLITE_RECURSIVE:
      return true;
    case constants.SQLITE_FUNCTION:
      return second !== "load_extension";
    case constants.SQLITE_READ:
      if (layout.physicalTables.has(name) || harmlessTables.has(name)) return true;
      // `count(*)` reports a table and a common table expression alike: no column, no database.
      return database === null && !isTable(name);
    case constants.SQLITE_INSERT:
    case constants.SQLITE_UPDATE:
    case constants.SQLITE_DELETE:
      return !readOnly && layout.physicalTables.has(name);
    default:
      return false;
  }
}
