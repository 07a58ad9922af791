import { DatabaseSync, type StatementSync } from "node:sqlite";
import { type ReeveError, reeveError } from "@reeve/contract";
import type { CompiledQuery, QueryResult } from "kysely";
import type { StoreLayout } from "../store-layout.ts";
import { checkSizes } from "../value-size.ts";
import { authorizer, type Scope } from "./authorizer.ts";
import { storeFailure } from "./errors.ts";
import { type Prepared, prepared } from "./prepared.ts";
import { encode } from "./values.ts";

/** Statements kept per store; each costs a few kilobytes. */
const keptStatements = 256;

type Control =
  | "begin"
  | "begin immediate"
  | "commit"
  | "rollback"
  | "savepoint brief"
  | "release brief"
  | "rollback to brief";
type Kept = Map<string, Prepared>;

export interface ConnectionOptions {
  readonly path: string;
  readonly readOnly: boolean;
  /** Whether the file has a table of this name. */
  readonly isTable: (name: string) => boolean;
  /** Told what the database could not do, each time. */
  readonly failed?: (error: ReeveError) => void;
}

/** One connection to the file. Every statement runs at once and whole, in the scope of a store. */
export class Connection {
  readonly #path: string;
  readonly #readOnly: boolean;
  readonly #database: DatabaseSync;
  readonly #failed: ((error: ReeveError) => void) | undefined;
  readonly #statements = { reading: new Map<StoreLayout, Kept>(), writing: new Map<StoreLayout, Kept>() };
  readonly #controls = new Map<Control, StatementSync>();
  #changes: StatementSync | undefined;
  #schemaVersion: StatementSync | undefined;
  #scope: Scope | undefined;

  constructor({ path, readOnly, isTable, failed }: ConnectionOptions) {
    this.#path = path;
    this.#readOnly = readOnly;
    this.#failed = failed;
    try {
      this.#database = new DatabaseSync(path, { readOnly, timeout: 250, enableForeignKeyConstraints: true });
    } catch (error) {
      throw storeFailure(path, error);
    }
    // Node 24.10 and later. Before, only the types and the compiler keep a manager to its tables.
    this.#database.setAuthorizer?.(authorizer(() => this.#scope, isTable));
  }

  get inTransaction(): boolean {
    return this.#database.isTransaction;
  }

  /** How many rows were ever changed through it: the same number before and after tells that a transaction only read. */
  get changes(): unknown {
    this.#changes ??= this.#database.prepare("select total_changes() as changes");
    return this.#changes.get()!.changes;
  }

  /** Changes with the schema of what is read. */
  schemaVersion(): unknown {
    try {
      this.#schemaVersion ??= this.#database.prepare("pragma schema_version");
      return this.#schemaVersion.get()!.schema_version;
    } catch (error) {
      throw this.#failure(error);
    }
  }

  execute(layout: StoreLayout, query: CompiledQuery, readOnly = this.#readOnly): QueryResult<unknown> {
    this.#scope = { layout, readOnly };
    try {
      const values = query.parameters.map(encode);
      if (!readOnly) checkSizes(values, query.sql, layout);
      return this.#statement(this.#scope, query).run(values);
    } catch (error) {
      throw this.#failure(error, layout);
    } finally {
      this.#scope = undefined;
    }
  }

  /** Runs a statement that begins or ends something. */
  control(sql: Control): void {
    try {
      const statement = this.#controls.get(sql) ?? this.#database.prepare(sql);
      this.#controls.set(sql, statement);
      statement.run();
    } catch (error) {
      throw this.#failure(error);
    }
  }

  /** Copies the log into the database: takes as long as the disk does. */
  copyLog(): void {
    const [result] = this.rows("pragma wal_checkpoint(truncate)");
    if (result?.busy !== 0) throw reeveError("STORE_FAILED", `store file "${this.#path}": its log is in use`);
  }

  /** Runs the runtime's other statements: settings, schema changes. */
  command(sql: string): void {
    try {
      this.#database.exec(sql);
    } catch (error) {
      throw this.#failure(error);
    }
  }

  /** The runtime's own look at the file. */
  rows(sql: string): readonly Record<string, unknown>[] {
    try {
      return this.#database.prepare(sql).all() as Record<string, unknown>[];
    } catch (error) {
      throw this.#failure(error);
    }
  }

  /** After another connection's schema change: until it runs a statement, this one prepares them for the old schema. */
  learnSchema(): void {
    this.forgetStatements();
    this.rows("select 1 from sqlite_schema limit 1");
  }

  /** After a schema change, prepared statements know the old columns. */
  forgetStatements(): void {
    this.#statements.reading.clear();
    this.#statements.writing.clear();
  }

  close(): void {
    this.forgetStatements();
    this.#database.close();
  }

  #failure(error: unknown, layout?: StoreLayout): ReeveError {
    const failure = storeFailure(this.#path, error, layout);
    this.#failed?.(failure);
    return failure;
  }

  /** Preparing asks the authorizer, so a statement is kept for the scope it was prepared in. */
  #statement({ layout, readOnly }: Scope, { sql }: CompiledQuery): Prepared {
    const statements = readOnly ? this.#statements.reading : this.#statements.writing;
    const kept: Kept = statements.get(layout) ?? new Map();
    statements.set(layout, kept);
    const statement = kept.get(sql) ?? this.#prepare(sql, layout);
    kept.delete(sql);
    kept.set(sql, statement);
    if (kept.size > keptStatements) kept.delete(kept.keys().next().value!);
    return statement;
  }

  #prepare(sql: string, layout: StoreLayout): Prepared {
    // It would take along the transactions that share the commit.
    if (/\bor\s+rollback\b/i.test(sql))
      throw reeveError(
        "STORE_MISUSE",
        `a query of store "${layout.store}" says "or rollback": throw in the transaction instead, or say "or abort"`,
      );
    return prepared(this.#database.prepare(sql), layout);
  }
}
