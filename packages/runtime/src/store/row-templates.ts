import { reeveError } from "@reeve/contract";
import { type CompiledQuery, isExpression, type QueryCreator } from "kysely";
import { QueryTemplate } from "./query-template.ts";
import type { StoreLayout, TableLayout } from "./store-layout.ts";

type Values = Readonly<Record<string, unknown>>;
type List = readonly unknown[];
type Template = QueryTemplate<List, unknown>;
type Place = (index: number) => unknown;

/** One table's queries, by the columns that they are given. */
interface Templates {
  readonly layout: TableLayout;
  readonly inserts: Map<string, Template>;
  readonly updates: Map<string, Template>;
  find?: Template;
  delete?: Template;
}

/** Sets of columns that a table is given, of each kind: code names few. */
const mostKept = 64;

/** The everyday queries of one store, each compiled when it is first asked for and kept as long as the database. */
export class RowTemplates {
  readonly #layout: StoreLayout;
  readonly #builders: QueryCreator<any>;
  readonly #tables = new Map<string, Templates>();

  /** @param builders only compile */
  constructor(layout: StoreLayout, builders: QueryCreator<any>) {
    this.#layout = layout;
    this.#builders = builders;
  }

  find(table: string, key: unknown): CompiledQuery {
    const templates = this.#of(table);
    templates.find ??= this.#template((place) =>
      this.#where(this.#builders.selectFrom(table).selectAll(), templates.layout, place),
    );
    return templates.find.bind(keyValues(templates.layout, key));
  }

  delete(table: string, key: unknown): CompiledQuery {
    const templates = this.#of(table);
    templates.delete ??= this.#template((place) =>
      this.#where(this.#builders.deleteFrom(table), templates.layout, place),
    );
    return templates.delete.bind(keyValues(templates.layout, key));
  }

  insert(table: string, row: Values): CompiledQuery {
    const { layout, inserts } = this.#of(table);
    const columns = given(row);
    const values = listOf(row, columns);
    return this.#bound(inserts, layout, columns, values, (place) =>
      this.#builders.insertInto(table).values(objectOf(columns, place)).returningAll(),
    );
  }

  /** Undefined where there is no column to set. */
  update(table: string, key: unknown, changes: Values): CompiledQuery | undefined {
    const { layout, updates } = this.#of(table);
    const columns = given(changes);
    if (columns.length === 0) return undefined;
    const values = [...listOf(changes, columns), ...keyValues(layout, key)];
    return this.#bound(updates, layout, columns, values, (place) => {
      const query = this.#builders.updateTable(table).set(objectOf(columns, place)).returningAll();
      return this.#where(query, layout, (index) => place(columns.length + index));
    });
  }

  #bound(
    kept: Map<string, Template>,
    { columns: known }: TableLayout,
    columns: readonly string[],
    values: List,
    build: (place: Place) => { compile(): CompiledQuery },
  ): CompiledQuery {
    // It is compiled with the query.
    if (values.some(isPartOfQuery)) return build((index) => values[index]).compile();
    const name = columns.join();
    const found = kept.get(name);
    if (found) return found.bind(values);
    // Of columns that the table never had there may be any number.
    if (!columns.every((column) => known.has(column))) return build((index) => values[index]).compile();
    if (kept.size === mostKept) kept.clear();
    const template = this.#template(build);
    kept.set(name, template);
    return template.bind(values);
  }

  #template(build: (place: Place) => { compile(): CompiledQuery }): Template {
    return new QueryTemplate(this.#layout, (slot) => build(slot) as never);
  }

  #where<Q extends { where(column: any, operator: "=", value: any): Q }>(
    query: Q,
    { key }: TableLayout,
    place: Place,
  ): Q {
    return key.reduce((narrowed, column, index) => narrowed.where(column, "=", place(index)), query);
  }

  #of(name: string): Templates {
    const found = this.#tables.get(name);
    if (found) return found;
    const layout = this.#layout.tables.get(name);
    if (!layout) throw reeveError("STORE_MISUSE", `store "${this.#layout.store}" has no table ${JSON.stringify(name)}`);
    const templates = { layout, inserts: new Map(), updates: new Map() };
    this.#tables.set(name, templates);
    return templates;
  }
}

/** The columns that have a value. */
function given(values: Values): readonly string[] {
  return Object.keys(values).filter((column) => values[column] !== undefined);
}

function listOf(values: Values, columns: readonly string[]): List {
  return columns.map((column) => values[column]);
}

function objectOf(columns: readonly string[], place: Place): Values {
  return Object.fromEntries(columns.map((column, index) => [column, place(index)]));
}

function keyValues({ key: columns }: TableLayout, key: unknown): List {
  return columns.length === 1 ? [key] : listOf(key as Values, columns);
}

/** Kysely's expressions and functions that make one: the types know none here, but a store without types may have them. */
function isPartOfQuery(value: unknown): boolean {
  return typeof value === "function" || (typeof value === "object" && isExpression(value));
}
