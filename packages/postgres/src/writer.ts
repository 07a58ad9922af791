import { setTimeout as pause } from "node:timers/promises";
import { type ReeveError, reeveError } from "@reeve/contract";
import type { Clock, Session, WriteOptions } from "@reeve/runtime/store";
import { wasCommitted } from "./commit-record.ts";
import type { Connection } from "./connection.ts";
import { isConflict, isIdleTimeout, isLoss, storeFailure } from "./errors.ts";
import type { PostgresSettings } from "./options.ts";
import type { Lease, Pool } from "./pool.ts";
import type { QueryCheck } from "./query-check/query-check.ts";
import { mostTries, Retries } from "./retry.ts";
import { migrationLock } from "./server.ts";
import { WriteSession } from "./write-session.ts";

export interface WriterOptions {
  readonly settings: PostgresSettings;
  readonly clock: Clock;
  readonly pool: Pool;
  readonly check: QueryCheck;
  /** Why nothing is done now. */
  readonly refusal: () => ReeveError | undefined;
  /** A session was lost, or did not answer. */
  readonly doubt: () => void;
  /** A statement failed, as the server says it. */
  readonly failed: (error: unknown) => void;
}

/** What one attempt came to. */
type Attempted<R> =
  | { readonly kind: "done"; readonly value: R }
  | { readonly kind: "refused"; readonly error: unknown }
  | {
      readonly kind: "again";
      readonly why: "conflict" | "stale" | "lost" | "without-savepoints";
      readonly error: unknown;
    };

interface Asked<R> {
  readonly body: (session: Session) => Promise<R>;
  readonly options: WriteOptions;
  /** When it has lasted too long, by the clock. */
  readonly until: number;
  readonly savepoints: boolean;
}

/** How long a COMMIT may be unanswered, whatever the transaction has left. */
const leastCommitMs = 1_000;
/** Sessions that may be found lost before one transaction gives up: all of the pool may be after a restart of the server. */
const mostLosses = 3;
const askAgainMs = 50;

/** Runs write transactions, side by side and as if one after the other. */
export class Writer {
  readonly #options: WriterOptions;
  readonly #retries = new Retries();

  constructor(options: WriterOptions) {
    this.#options = options;
  }

  async write<R>(body: (session: Session) => Promise<R>, options: WriteOptions): Promise<R> {
    const { clock } = this.#options;
    let until: number | undefined;
    let savepoints = false;
    const times = { conflict: 0, stale: 0, lost: 0 };
    for (;;) {
      const done = await this.#retries.before(times.conflict, options.urgent);
      try {
        const unwanted = options.unwanted?.();
        if (unwanted) throw unwanted;
        const attempted = await this.#withLease(options, (lease) => {
          until ??= clock.now() + options.timeoutMs;
          return this.#attempt(lease, { body, options, until, savepoints });
        });
        if (attempted.kind === "done") return attempted.value;
        if (attempted.kind === "refused") throw attempted.error;
        if (attempted.why === "without-savepoints") savepoints = true;
        else if (++times[attempted.why] > (attempted.why === "conflict" ? mostTries : mostLosses))
          throw this.#gaveUp(attempted);
        if (clock.now() >= until!) throw tooLong(options.timeoutMs);
      } finally {
        done();
      }
    }
  }

  async #withLease<T>({ migrating, urgent }: WriteOptions, use: (lease: Lease) => Promise<T>): Promise<T> {
    const refused = this.#options.refusal();
    if (refused) throw refused;
    const lease = await this.#options.pool.acquire(migrating ? "a migration" : "a transaction", urgent);
    try {
      return await use(lease);
    } finally {
      lease.release();
    }
  }

  async #attempt<R>(lease: Lease, asked: Asked<R>): Promise<Attempted<R>> {
    const { settings, check, clock, failed } = this.#options;
    const { connection } = lease;
    const { options, until } = asked;
    const session = new WriteSession({
      ...{
        connection,
        check,
        name: settings.name,
        schema: settings.schema,
        savepoints: asked.savepoints,
        alone: options.alone,
        overlapSync: options.overlapSync,
        failed,
      },
      overdue: () => (clock.now() < until ? options.unwanted?.() : tooLong(options.timeoutMs)),
      worksOn: ({ store }) => {
        if (!store.startsWith("reeve/")) lease.purpose = `transactions of store "${store}"`;
      },
    });
    try {
      if (options.migrating) await this.#lockMigrations(connection, options);
      const attempted = await this.#run(session, connection, asked);
      if (options.migrating && !connection.isLost) await this.#unlockMigrations(connection);
      return attempted;
    } catch (error) {
      if (!isLoss(error)) connection.destroy(error);
      return { kind: "again", why: "lost", error };
    }
  }

  async #run<R>(session: WriteSession, connection: Connection, asked: Asked<R>): Promise<Attempted<R>> {
    let value: R;
    try {
      value = await this.#bounded(session, asked);
      session.end();
    } catch (error) {
      session.end();
      await this.#rollBack(session, connection);
      const { undone } = session;
      const lost = undone?.kind === "lost" || (undone === undefined && connection.isLost);
      if (session.refused) return { kind: "refused", error: session.refused.error };
      if (lost && isIdleTimeout(connection.loss))
        return { kind: "refused", error: stoodIdle(this.#options.settings.idleInTransactionTimeoutMs) };
      if (undone) return { kind: "again", why: undone.kind, error: "error" in undone ? undone.error : error };
      return { kind: "refused", error };
    }
    return this.#commit(session, connection, asked, value);
  }

  /** What the body gives, or why it lasts too long. */
  async #bounded<R>(session: WriteSession, { body, options, until }: Asked<R>): Promise<R> {
    const { clock } = this.#options;
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = clock.setTimeout(() => {
      session.end(() => tooLong(options.timeoutMs));
      reject(tooLong(options.timeoutMs));
    }, until - clock.now());
    try {
      return await Promise.race([body(session), late]);
    } finally {
      clock.clearTimeout(timer);
    }
  }

  async #rollBack(session: WriteSession, connection: Connection): Promise<void> {
    // What does not answer is ended with its session.
    if (connection.busy && !session.aborted) {
      connection.destroy(new Error("a transaction lasted too long"));
      this.#options.doubt();
    }
    try {
      if (!connection.isLost) await session.rollBack();
    } catch (error) {
      connection.destroy(error);
    }
    if (session.undone?.kind === "stale") connection.destroy(session.undone.error);
  }

  async #commit<R>(
    session: WriteSession,
    connection: Connection,
    { until }: Asked<R>,
    value: R,
  ): Promise<Attempted<R>> {
    const { clock, settings } = this.#options;
    const bound = Math.max(until - clock.now(), leastCommitMs);
    const timer = clock.setTimeout(
      () => connection.destroy(new Error(`a commit was not answered within ${bound} ms`)),
      bound,
    );
    try {
      await session.commit();
      return { kind: "done", value };
    } catch (error) {
      const { undone, refused, committed } = session;
      if (committed) {
        connection.destroy(error);
        return this.#afterLostCommit(session, value, error);
      }
      if (refused) {
        await this.#rollBack(session, connection);
        return { kind: "refused", error: refused.error };
      }
      if (undone) {
        await this.#rollBack(session, connection);
        return { kind: "again", why: undone.kind, error: "error" in undone ? undone.error : error };
      }
      if (isLoss(error)) return this.#afterLostCommit(session, value, error);
      // What failed may have been what is said before the COMMIT, which then never was: the transaction still stands.
      await this.#rollBack(session, connection);
      if (isConflict(error)) return { kind: "again", why: "conflict", error };
      return { kind: "refused", error: storeFailure(settings.name, error) };
    } finally {
      clock.clearTimeout(timer);
    }
  }

  /** Asks until it is told, or for as long as work waits for a connection. */
  async #afterLostCommit<R>({ record }: WriteSession, value: R, cause: unknown): Promise<Attempted<R>> {
    const { doubt, pool, clock, settings } = this.#options;
    doubt();
    // It has changed nothing: done again, it is as good.
    if (!record) return { kind: "again", why: "lost", error: cause };
    const until = clock.now() + settings.acquireTimeoutMs;
    while (clock.now() < until) {
      try {
        const lease = await pool.acquire("looks at what has become of a commit");
        try {
          if (await wasCommitted(record, lease.connection)) return { kind: "done", value };
          return { kind: "again", why: "lost", error: cause };
        } finally {
          lease.release();
        }
      } catch {
        // By the real clock, as the server comes back in real time.
        await pause(askAgainMs);
      }
    }
    return { kind: "refused", error: maybeCommitted(settings.name, cause) };
  }

  async #lockMigrations(connection: Connection, { timeoutMs }: WriteOptions): Promise<void> {
    const values = [migrationLock(this.#options.settings.schema)];
    await connection.run([
      { text: "select set_config('statement_timeout', $1, false)", values: [String(timeoutMs)] },
      { text: "select pg_advisory_lock(hashtextextended($1, 0))", values },
    ]);
  }

  async #unlockMigrations(connection: Connection): Promise<void> {
    const { schema, statementTimeoutMs } = this.#options.settings;
    await connection.run([
      { text: "select pg_advisory_unlock(hashtextextended($1, 0))", values: [migrationLock(schema)] },
      { text: "select set_config('statement_timeout', $1, false)", values: [String(statementTimeoutMs)] },
    ]);
  }

  #gaveUp({ why, error }: { readonly why: string; readonly error: unknown }): ReeveError {
    const { name } = this.#options.settings;
    if (why === "lost") return storeFailure(name, error);
    const message = `store database "${name}": a transaction was ${mostTries} times in conflict with others, and rolled back; try again`;
    return reeveError("STORE_FAILED", message, { cause: error, data: { path: name }, retryable: true });
  }
}

function tooLong(timeoutMs: number): ReeveError {
  return reeveError(
    "TRANSACTION_TIMEOUT",
    `a transaction took longer than ${timeoutMs} ms and was rolled back; await only its tx inside a transaction`,
  );
}

function stoodIdle(timeoutMs: number): ReeveError {
  return reeveError(
    "TRANSACTION_TIMEOUT",
    `a transaction stood idle for longer than ${timeoutMs} ms (idleInTransactionTimeout) and was rolled back; await only its tx inside a transaction`,
  );
}

function maybeCommitted(name: string, cause: unknown): ReeveError {
  const message = `store database "${name}": the connection was lost at a commit, and whether that was carried out cannot be asked now`;
  return reeveError("STORE_FAILED", message, {
    cause,
    data: { path: name },
    outcome: "maybe-executed",
    retryable: true,
  });
}
