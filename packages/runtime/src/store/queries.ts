import { type CompiledQuery, DefaultQueryExecutor, QueryCreator, type QueryExecutor, type QueryResult } from "kysely";
import type { Connections } from "./backend.ts";
import type { StoreDefinition } from "./define-store.ts";
import type { QueryTables } from "./rows.ts";

export type Run = (query: CompiledQuery) => Promise<QueryResult<unknown>>;

type Builders<D extends StoreDefinition> = QueryCreator<QueryTables<D>>;

/** Queries over one store, which go to `run`. Kysely's builders are made when one is asked for: most transactions do without. */
export class Queries<D extends StoreDefinition> {
  readonly definition: D;
  readonly run: Run;
  readonly #connections: Connections;
  #executor: QueryExecutor | undefined;
  #builders: Builders<D> | undefined;

  constructor(connections: Connections, definition: D, run: Run) {
    this.#connections = connections;
    this.definition = definition;
    this.run = run;
  }

  get executor(): QueryExecutor {
    this.#executor ??= executorOf(this.#connections, this.definition, this.run);
    return this.#executor;
  }

  get builders(): Builders<D> {
    this.#builders ??= new QueryCreator({ executor: this.executor });
    return this.#builders;
  }

  /** A method of the builders that works without them at its side. */
  method<Name extends keyof Builders<D>>(name: Name): Builders<D>[Name] {
    const call = (...args: never[]) =>
      (this.builders[name] as (...args: never[]) => unknown).apply(this.builders, args);
    return call as Builders<D>[Name];
  }
}

function executorOf(connections: Connections, { layout }: StoreDefinition, run: Run): QueryExecutor {
  const connection = {
    executeQuery: run as <R>(query: CompiledQuery) => Promise<QueryResult<R>>,
    streamQuery(): never {
      throw new Error("rows are not streamed: page through them with limit() and where()");
    },
  };
  return new DefaultQueryExecutor(connections.compiler(layout), connections.adapter, {
    provideConnection: (consumer) => consumer(connection),
  });
}
