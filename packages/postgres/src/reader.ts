import { type ReeveError, reeveError } from "@reeve/contract";
import type { Clock, StoreLayout } from "@reeve/runtime/store";
import type { Statement, StatementResult } from "./batch.ts";
import type { Connection } from "./connection.ts";
import { isLoss, isStale, storeFailure } from "./errors.ts";
import type { PostgresSettings } from "./options.ts";
import type { Pool } from "./pool.ts";

export interface ReaderOptions {
  readonly settings: PostgresSettings;
  readonly clock: Clock;
  readonly pool: Pool;
  /** Why nothing is done now. */
  readonly refusal: () => ReeveError | undefined;
  /** A session was lost, or did not answer. */
  readonly doubt: () => void;
  /** A statement failed, as the server says it. */
  readonly failed: (error: unknown) => void;
}

/** How much later than the server its silence is taken for an end. */
const graceMs = 1_000;

/** Runs statements that only read, each on what is committed when it begins. */
export class Reader {
  readonly #options: ReaderOptions;

  constructor(options: ReaderOptions) {
    this.#options = options;
  }

  /** @throws ReeveError `STORE_FAILED`, `STORE_MISUSE` */
  async read(statement: Statement, layout?: StoreLayout): Promise<StatementResult> {
    const { settings, refusal, pool, failed } = this.#options;
    const purpose = layout ? `reads of store "${layout.store}"` : "a look at the server";
    for (let tries = 1; ; tries++) {
      const refused = refusal();
      if (refused) throw refused;
      const lease = await pool.acquire(purpose);
      try {
        return await this.#run(lease.connection, statement);
      } catch (error) {
        // A session that was lost while nobody used it is found by its next use.
        const again = tries < 3 && (isLoss(error) || isStale(error)) && !(error instanceof Silence);
        if (!again) {
          failed(error);
          throw failureOf(settings.name, error, layout);
        }
        lease.connection.destroy(error);
      } finally {
        lease.release();
      }
    }
  }

  async #run(connection: Connection, statement: Statement): Promise<StatementResult> {
    const { clock, settings, doubt } = this.#options;
    const limitMs = settings.statementTimeoutMs + graceMs;
    const timer = clock.setTimeout(() => {
      connection.destroy(new Silence(`a statement was not answered within ${limitMs} ms`));
      doubt();
    }, limitMs);
    try {
      const [result] = await connection.run([statement]);
      return result!;
    } finally {
      clock.clearTimeout(timer);
    }
  }
}

/** The server did not answer. */
class Silence extends Error {}

function failureOf(name: string, error: unknown, layout: StoreLayout | undefined) {
  // Only in a transaction are rows locked.
  if ((error as { readonly code?: string }).code === "25006")
    return reeveError("STORE_MISUSE", "a read locks or writes nothing; do that in a transaction", { cause: error });
  return storeFailure(name, error, layout);
}
