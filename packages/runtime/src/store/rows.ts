import type { ColumnType } from "kysely";
import type { AnyColumn } from "./column.ts";
import type { StoreDefinition } from "./define-store.ts";
import type { Columns, Table } from "./table.ts";

type ValueOf<C extends AnyColumn> = C["value"];
type Has<C extends AnyColumn, Trait extends string> = Trait extends C["trait"] ? true : false;

/** The columns that rows have now: those no version removed. */
type Live<C extends Columns> = { [K in keyof C as Has<C[K], "dropped"> extends true ? never : K]: C[K] };
type OptionalNames<C extends Columns> = { [K in keyof C]: Has<C[K], "optional"> extends true ? K : never }[keyof C];
type KeyNames<C extends Columns> = { [K in keyof C]: Has<C[K], "key"> extends true ? K : never }[keyof C];

type RowOf<C extends Columns> = { readonly [K in keyof C]: ValueOf<C[K]> };
type NewRowOf<C extends Columns> = { readonly [K in Exclude<keyof C, OptionalNames<C>>]: ValueOf<C[K]> } & {
  readonly [K in OptionalNames<C>]?: ValueOf<C[K]> | undefined;
};
type ChangesOf<C extends Columns> = { readonly [K in Exclude<keyof C, KeyNames<C>>]?: ValueOf<C[K]> | undefined };

type IsOne<K, All = K> = K extends unknown ? ([All] extends [K] ? true : false) : never;
type KeyOf<C extends Columns> =
  IsOne<KeyNames<C>> extends true ? ValueOf<C[KeyNames<C>]> : { readonly [K in KeyNames<C>]: ValueOf<C[K]> };

type QueryTable<C extends Columns> = {
  [K in keyof C]: ColumnType<
    ValueOf<C[K]>,
    Has<C[K], "optional"> extends true ? ValueOf<C[K]> | undefined : ValueOf<C[K]>,
    ValueOf<C[K]>
  >;
};

type LiveTables<D extends StoreDefinition> = {
  [T in keyof D["tables"] as D["tables"][T] extends Table<any, true> ? never : T]: D["tables"][T] extends Table<
    infer C,
    any
  >
    ? Live<C>
    : never;
};

/** The names of a store's tables. */
export type TableName<D extends StoreDefinition> = keyof LiveTables<D> & string;
type ColumnsOf<D extends StoreDefinition, T extends TableName<D>> = LiveTables<D>[T];

/** A row as it is read: `Row<typeof volumeStore, "volumes">`. Frozen. */
export type Row<D extends StoreDefinition, T extends TableName<D>> = RowOf<ColumnsOf<D, T>>;
/** A row as it is inserted: what is nullable or has a default may be left out. */
export type NewRow<D extends StoreDefinition, T extends TableName<D>> = NewRowOf<ColumnsOf<D, T>>;
/** Some columns of a row with their new values; the key does not change. */
export type RowChanges<D extends StoreDefinition, T extends TableName<D>> = ChangesOf<ColumnsOf<D, T>>;
/** What identifies a row: the primary key's value, or an object of values when several columns make the key. */
export type RowKey<D extends StoreDefinition, T extends TableName<D>> = KeyOf<ColumnsOf<D, T>>;
/** The tables as Kysely wants to know them. */
export type QueryTables<D extends StoreDefinition> = { [T in TableName<D>]: QueryTable<ColumnsOf<D, T>> };
