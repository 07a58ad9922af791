import type { StoreBackend } from "@reeve/runtime/store";
import { PostgresDatabase } from "./database.ts";
import { readOptions } from "./options.ts";
import type { PostgresOptions } from "./postgres-options.ts";

/**
 * Keeps the stores of many processes in one PostgreSQL, 14 or later. Transactions are serializable: one that another got in the
 * way of runs again from its beginning. What was acknowledged is what the server has committed, also when its answer was lost.
 *
 * @throws ReeveError `INVALID_OPTION` naming the option, never the password; on opening `STORE_FAILED` saying in one sentence what
 * is wrong and what to do
 *
 * @example
 * ```ts
 * const store = postgres({ url: "postgresql://reeve@db.example:5432/reeve?sslmode=verify-full", password });
 * const supervisor = createSupervisor({ host: "block-01", cluster: "rack-a", transport, store });
 * ```
 */
export function postgres(options: PostgresOptions): StoreBackend {
  const settings = readOptions(options);
  return { open: ({ clock }) => PostgresDatabase.open(settings, clock) };
}
