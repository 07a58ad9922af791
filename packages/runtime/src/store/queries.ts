import { type CompiledQuery, DefaultQueryExecutor, QueryCreator, type QueryExecutor, type QueryResult } from "kysely";
import type { Connections } from "./backend.ts";
import type { StoreDefinition } from "./define-store.ts";
import type { QueryTables } from "./rows.ts";

type Run = (query: CompiledQuery) => Promise<QueryResult<unknown>>;

/** Kysely's builders over one store, whose queries go to `run`. */
export interface Queries<D extends StoreDefinition> {
  readonly executor: QueryExecutor;
  readonly builders: QueryCreator<QueryTables<D>>;
}

export function queriesOf<D extends StoreDefinition>(connections: Connections, definition: D, run: Run): Queries<D> {
  const connection = {
    executeQuery: run as <R>(query: CompiledQuery) => Promise<QueryResult<R>>,
    streamQuery(): never {
      throw new Error("rows are not streamed: page through them with limit() and where()");
    },
  };
  const executor = new DefaultQueryExecutor(connections.compiler(definition.layout), connections.adapter, {
    provideConnection: (consumer) => consumer(connection),
  });
  return { executor, builders: new QueryCreator({ executor }) };
}
