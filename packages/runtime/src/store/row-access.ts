import { reeveError } from "@reeve/contract";
import type { Run } from "./queries.ts";
import type { RowTemplates } from "./row-templates.ts";

type Values = Readonly<Record<string, unknown>>;

/** Rows by their key: the everyday part of a store, without types of its own. */
export class RowAccess {
  readonly #templates: RowTemplates;
  readonly #run: Run;

  constructor(templates: RowTemplates, run: Run) {
    this.#templates = templates;
    this.#run = run;
  }

  async find(table: string, key: unknown): Promise<unknown> {
    const { rows } = await this.#run(this.#templates.find(table, key));
    return rows[0];
  }

  async get(table: string, key: unknown): Promise<unknown> {
    return (await this.find(table, key)) ?? missing(table, key);
  }

  async insert(table: string, row: Values): Promise<unknown> {
    const { rows } = await this.#run(this.#templates.insert(table, row));
    return rows[0];
  }

  async update(table: string, key: unknown, changes: Values): Promise<unknown> {
    return (await this.change(table, key, changes)) ?? missing(table, key);
  }

  /** As `update`, but undefined where there is no such row. */
  async change(table: string, key: unknown, changes: Values): Promise<unknown> {
    const query = this.#templates.update(table, key, changes);
    // Without a column to set there is no statement, but still a row to return.
    if (!query) return this.find(table, key);
    const { rows } = await this.#run(query);
    return rows[0];
  }

  async delete(table: string, key: unknown): Promise<boolean> {
    const { numAffectedRows } = await this.#run(this.#templates.delete(table, key));
    return numAffectedRows !== 0n;
  }
}

function missing(table: string, key: unknown): never {
  throw reeveError("ROW_NOT_FOUND", `${table} has no row ${JSON.stringify(key)}`, { data: { table, key } });
}
