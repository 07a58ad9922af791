/** The column types every database of Reeve can hold. */
export type ColumnKind = "text" | "integer" | "real" | "boolean" | "json" | "timestamp" | "bytes";

/** What a column is, as data: the builder's result. */
export interface ColumnSpec {
  readonly kind: ColumnKind;
  readonly nullable: boolean;
  readonly primaryKey: boolean;
  readonly unique: boolean;
  readonly indexed: boolean;
  /** Absent: no default. */
  readonly default?: unknown;
  /** The version that brought it. Absent: its table's. */
  readonly since?: number;
  /** The version that takes it away. */
  readonly until?: number;
}

/** What the type of a column remembers beside its value: optional on insert, part of the key, gone from the rows. */
export type ColumnTrait = "optional" | "key" | "dropped";

/** One column of a table. Every method returns a new column. */
export class Column<T, Trait extends ColumnTrait = never> {
  declare readonly value: T;
  declare readonly trait: Trait;
  readonly spec: ColumnSpec;

  constructor(spec: ColumnSpec) {
    this.spec = spec;
  }

  /** May hold null, and may be left out on insert. */
  nullable(): Column<T | null, Trait | "optional"> {
    return new Column({ ...this.spec, nullable: true });
  }

  /** Identifies the row; on several columns of a table, together. */
  primaryKey(): Column<T, Trait | "key"> {
    return new Column({ ...this.spec, primaryKey: true });
  }

  /** No two rows hold the same value; a second one fails with `ROW_EXISTS`. */
  unique(): Column<T, Trait> {
    return new Column({ ...this.spec, unique: true });
  }

  /** Kept sorted for look-ups by this column alone; `table`'s `indexes` take several columns. */
  index(): Column<T, Trait> {
    return new Column({ ...this.spec, indexed: true });
  }

  /** Stored when an insert leaves the column out, and in the rows that exist when the column is added. */
  default(value: T): Column<T, Trait | "optional"> {
    return new Column({ ...this.spec, default: value });
  }

  /** The version of the store that added this column. It must be nullable or have a default, for the rows already there. */
  since(version: number): Column<T, Trait> {
    return new Column({ ...this.spec, since: version });
  }

  /** The version of the store that removes this column. It stays in the definition as history and is gone from the rows. */
  until(version: number): Column<T, Trait | "dropped"> {
    return new Column({ ...this.spec, until: version });
  }
}

export type AnyColumn = Column<any, any>;

function of<T>(kind: ColumnKind): Column<T> {
  return new Column({ kind, nullable: false, primaryKey: false, unique: false, indexed: false });
}

// Two signatures each: as a type parameter's default, `string` would give way to the `any` that `table` expects.
interface TextColumn {
  (): Column<string>;
  <T extends string>(): Column<T>;
}

interface JsonColumn {
  (): Column<{ readonly [key: string]: unknown }>;
  <T extends object>(): Column<T>;
}

/**
 * Makes columns: `column.text().primaryKey()`. The same definition serves SQLite and PostgreSQL. Queries give a column's
 * values back in its type; what SQL computes from them, such as the `max` of a timestamp, comes as the database has it.
 */
export const column = {
  /** Text; `text<"creating" | "available">()` narrows its type. */
  text: (() => of("text")) as TextColumn,
  /** A whole number within ±2^53. */
  integer: () => of<number>("integer"),
  /** A double. */
  real: () => of<number>("real"),
  boolean: () => of<boolean>("boolean"),
  /** An object or array, kept as JSON and read back deeply frozen. */
  json: (() => of("json")) as JsonColumn,
  /** A `Date`, to the millisecond. */
  timestamp: () => of<Date>("timestamp"),
  bytes: () => of<Uint8Array>("bytes"),
} as const;
