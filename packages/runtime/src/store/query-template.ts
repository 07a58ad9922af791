import type { Compilable, CompiledQuery, QueryResult } from "kysely";
import type { Session } from "./backend.ts";
import type { StoreLayout } from "./store-layout.ts";

/** Stands for a value that is given later. */
class Slot {
  readonly name: PropertyKey;

  constructor(name: PropertyKey) {
    this.name = name;
  }
}

interface Place {
  readonly index: number;
  readonly name: PropertyKey;
}

/** Reads what is committed. */
interface Reader {
  read(layout: StoreLayout, query: CompiledQuery): Promise<QueryResult<unknown>>;
}

/** A query that is built and compiled once and run with other values each time, for what every incarnation or transaction does. */
export class QueryTemplate<V extends object, Row> {
  readonly #layout: StoreLayout;
  readonly #compiled: CompiledQuery;
  readonly #places: readonly Place[];

  /** @param build makes the query, with `slot(name)` in the place of each value */
  constructor(layout: StoreLayout, build: (slot: <K extends keyof V>(name: K) => V[K]) => Compilable<Row>) {
    this.#layout = layout;
    this.#compiled = build((name) => new Slot(name) as never).compile();
    this.#places = this.#compiled.parameters.flatMap((value, index) =>
      value instanceof Slot ? [{ index, name: value.name }] : [],
    );
  }

  /** The query with these values in their places. */
  bind(values: V): CompiledQuery {
    const { query, queryId, sql, parameters: fixed } = this.#compiled;
    const parameters = [...fixed];
    for (const { index, name } of this.#places) parameters[index] = values[name as keyof V];
    return { query, queryId, sql, parameters };
  }

  /** The rows it selects or returns, in the transaction of the session. */
  async run(session: Session, values: V): Promise<readonly Row[]> {
    const { rows } = await session.execute(this.#layout, this.bind(values));
    return rows as readonly Row[];
  }

  /** As {@link Session.executeLater}; `check` is given the rows, and how many it has changed. */
  later(session: Session, values: V, check?: (rows: readonly Row[], changed: number) => void): Promise<void> {
    const checked =
      check &&
      (({ rows, numAffectedRows = 0n }: QueryResult<unknown>) =>
        check(rows as readonly Row[], Number(numAffectedRows)));
    return session.executeLater(this.#layout, this.bind(values), checked);
  }

  /** The rows it selects of what is committed. */
  async read(reader: Reader, values: V): Promise<readonly Row[]> {
    const { rows } = await reader.read(this.#layout, this.bind(values));
    return rows as readonly Row[];
  }

  /** How many rows it has changed. */
  async change(session: Session, values: V): Promise<number> {
    const { numAffectedRows } = await session.execute(this.#layout, this.bind(values));
    return Number(numAffectedRows);
  }
}
