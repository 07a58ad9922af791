import type { AnyColumn } from "./column.ts";

export type Columns = Readonly<Record<string, AnyColumn>>;

export interface IndexSpec<Name extends string = string> {
  readonly columns: readonly [Name, ...Name[]];
  /** No two rows hold the same values in these columns. Default false. */
  readonly unique?: boolean;
  /** The version that brought it. Default: the table's. */
  readonly since?: number;
  /** The version that takes it away. */
  readonly until?: number;
}

export interface TableOptions<Name extends string = string> {
  readonly indexes?: readonly IndexSpec<Name>[];
  /** The version of the store that added this table. Default 1. */
  readonly since?: number;
  /** The version of the store that removes this table. It stays in the definition as history. */
  readonly until?: number;
}

export interface Table<C extends Columns = Columns, Dropped extends boolean = boolean> {
  readonly columns: C;
  readonly options: TableOptions;
  /** Only in the types. */
  readonly dropped?: Dropped;
}

/**
 * A table of a store. Row types follow from its columns.
 *
 * @example
 * ```ts
 * const attachments = table(
 *   { volumeId: column.text().primaryKey(), slot: column.integer().primaryKey(), host: column.text() },
 *   { indexes: [{ columns: ["host", "slot"], unique: true }] },
 * );
 * ```
 */
export function table<
  const C extends Columns,
  const O extends TableOptions<keyof C & string> = TableOptions<keyof C & string>,
>(columns: C, options?: O): Table<C, O extends { readonly until: number } ? true : false> {
  return { columns, options: options ?? {} };
}
