import type { ColumnSpec } from "./column.ts";
import type { Table } from "./table.ts";

export interface TableLayout {
  readonly name: string;
  /** Its name in the database. */
  readonly physicalName: string;
  /** Every column it ever had, by name. */
  readonly columns: ReadonlyMap<string, ColumnSpec>;
  /** The columns of its primary key, in order. */
  readonly key: readonly string[];
}

/** What a database adapter has to know of a store: how its tables are called and what their columns hold. */
export interface StoreLayout {
  readonly store: string;
  /** Every table the store ever had, by the name its manager uses. */
  readonly tables: ReadonlyMap<string, TableLayout>;
  /** The same by their names in the database. */
  readonly physicalTables: ReadonlyMap<string, TableLayout>;
}

export function layoutOf(store: string, prefix: string, tables: Readonly<Record<string, Table>>): StoreLayout {
  const layouts = Object.entries(tables).map(([name, table]): TableLayout => {
    const columns = Object.entries(table.columns).map(([column, { spec }]) => [column, spec] as const);
    return {
      name,
      physicalName: `${prefix}_${name}`,
      columns: new Map(columns),
      key: columns.filter(([, spec]) => spec.primaryKey).map(([column]) => column),
    };
  });
  return {
    store,
    tables: new Map(layouts.map((layout) => [layout.name, layout])),
    physicalTables: new Map(layouts.map((layout) => [layout.physicalName, layout])),
  };
}
