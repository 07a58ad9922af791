import { type LayoutCompiler, namedTables, type StoreLayout } from "@reeve/runtime/store";
import { PostgresQueryCompiler } from "kysely";

class PostgresDialect extends PostgresQueryCompiler {
  constructor(_: StoreLayout) {
    super();
  }
}

/** Writes queries as PostgreSQL reads them, with the names that tables have in the database. */
export const PostgresLayoutCompiler: LayoutCompiler = namedTables(PostgresDialect);
