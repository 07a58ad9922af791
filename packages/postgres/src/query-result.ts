import type { QueryResult } from "kysely";
import type { StatementResult } from "./batch.ts";

const changing = new Set(["INSERT", "UPDATE", "DELETE", "MERGE"]);

export function queryResult({ rows, command, count }: StatementResult): QueryResult<unknown> {
  if (!changing.has(command)) return { rows: rows as unknown[] };
  return { rows: rows as unknown[], numAffectedRows: BigInt(count) };
}
