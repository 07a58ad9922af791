import type { ColumnSpec } from "./column.ts";

export interface NamedColumn {
  readonly name: string;
  readonly spec: ColumnSpec;
}

/** One step of a migration, in terms every database understands. Tables have the names their manager uses. */
export type SchemaChange =
  | { readonly kind: "create-table"; readonly table: string; readonly columns: readonly NamedColumn[] }
  | { readonly kind: "add-column"; readonly table: string; readonly column: NamedColumn }
  | {
      readonly kind: "create-index";
      readonly table: string;
      readonly columns: readonly string[];
      readonly unique: boolean;
    }
  | { readonly kind: "drop-index"; readonly table: string; readonly columns: readonly string[] }
  | { readonly kind: "drop-column"; readonly table: string; readonly column: string }
  | { readonly kind: "drop-table"; readonly table: string };

/** Tells people what a change does: `add volumes.tenant`. */
export function describeChange(change: SchemaChange): string {
  switch (change.kind) {
    case "create-table":
      return `create ${change.table}`;
    case "add-column":
      return `add ${change.table}.${change.column.name}`;
    case "create-index":
      return `index ${change.table}(${change.columns.join(", ")})`;
    case "drop-index":
      return `drop index ${change.table}(${change.columns.join(", ")})`;
    case "drop-column":
      return `drop ${change.table}.${change.column}`;
    case "drop-table":
      return `drop ${change.table}`;
  }
}
