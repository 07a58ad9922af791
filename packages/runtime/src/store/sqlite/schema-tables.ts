import type { Connection } from "./connection.ts";

export const tableNames = "select name from sqlite_schema where type = 'table'";

/** The tables that a file has: what the authorizer tells from names that a statement made up. */
export class SchemaTables {
  #names: ReadonlySet<string> = new Set();

  readonly has = (name: string): boolean => {
    const lower = name.toLowerCase();
    return this.#names.has(lower) || lower.startsWith("sqlite_");
  };

  read(connection: Connection): void {
    this.#names = new Set(connection.rows(tableNames).map(({ name }) => String(name).toLowerCase()));
  }
}
