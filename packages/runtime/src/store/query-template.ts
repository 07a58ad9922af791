import type { Compilable, CompiledQuery } from "kysely";
import type { Session } from "./backend.ts";
import type { StoreLayout } from "./store-layout.ts";

/** Stands for a value that is given later. */
class Slot {
  readonly name: PropertyKey;

  constructor(name: PropertyKey) {
    this.name = name;
  }
}

/** A query that is built and compiled once and run with other values each time, for what every incarnation or transaction does. */
export class QueryTemplate<V extends object, Row> {
  readonly #layout: StoreLayout;
  readonly #compiled: CompiledQuery;

  /** @param build makes the query, with `slot(name)` in the place of each value */
  constructor(layout: StoreLayout, build: (slot: <K extends keyof V>(name: K) => V[K]) => Compilable<Row>) {
    this.#layout = layout;
    this.#compiled = build((name) => new Slot(name) as never).compile();
  }

  /** The rows it selects or returns, in the transaction of the session. */
  async run(session: Session, values: V): Promise<readonly Row[]> {
    const parameters = this.#compiled.parameters.map((value) =>
      value instanceof Slot ? values[value.name as keyof V] : value,
    );
    const { rows } = await session.execute(this.#layout, { ...this.#compiled, parameters });
    return rows as readonly Row[];
  }
}
