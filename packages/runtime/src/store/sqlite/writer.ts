import { AsyncLocalStorage } from "node:async_hooks";
import { type ReeveError, reeveError } from "@reeve/contract";
import type { Clock } from "../../base/clock.ts";
import type { Session, WriteOptions } from "../backend.ts";
import type { Connection } from "./connection.ts";
import { WriteSession } from "./write-session.ts";

interface Waiting {
  readonly options: WriteOptions;
  /** The body, in the async context it was asked for in. */
  readonly run: (session: Session) => Promise<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

interface Done {
  readonly waiting: Waiting;
  readonly value: unknown;
}

/** How many brief transactions may share a commit: a commit waits for the disk, they do not. */
const largestGroup = 64;

/** The one writer of a file: transactions run one after the other, in the order they were asked for. */
export class Writer {
  readonly #connection: Connection;
  readonly #clock: Clock;
  readonly #schemaChanged: () => void;
  readonly #queue: Waiting[] = [];
  #working: Promise<void> | undefined;
  #closed = false;

  constructor(connection: Connection, clock: Clock, schemaChanged: () => void) {
    this.#connection = connection;
    this.#clock = clock;
    this.#schemaChanged = schemaChanged;
  }

  write<R>(body: (session: Session) => Promise<R>, options: WriteOptions): Promise<R> {
    const inContext = AsyncLocalStorage.snapshot();
    return new Promise<R>((resolve, reject) => {
      if (this.#closed) return reject(reeveError("STORE_MISUSE", "the store is closed"));
      const run = (session: Session) => inContext(body, session);
      this.#queue.push({ options, run, resolve: resolve as (value: unknown) => void, reject });
      this.#working ??= this.#work();
    });
  }

  /** Resolves when everything asked for so far is done; what comes later is refused. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#working;
  }

  async #work(): Promise<void> {
    // One turn, so that what is asked for together finds itself in the queue together.
    await Promise.resolve();
    for (let first = this.#queue.shift(); first; first = this.#queue.shift()) await this.#commitGroup(first);
    this.#working = undefined;
  }

  async #commitGroup(first: Waiting): Promise<void> {
    const done: Done[] = [];
    try {
      this.#rollBack();
      this.#connection.control("begin immediate");
      done.push({ waiting: first, value: await this.#attempt(first) });
    } catch (error) {
      this.#rollBack();
      return first.reject(error);
    }
    try {
      for (let next = this.#nextBrief(done.length); next; next = this.#nextBrief(done.length))
        await this.#join(next, done);
      this.#connection.control("commit");
    } catch (error) {
      this.#rollBack();
      for (const { waiting } of done) waiting.reject(error);
      return;
    }
    for (const { waiting, value } of done) waiting.resolve(value);
  }

  /** Runs one more transaction before the commit; if it fails, only its own changes go. @throws what ended them all */
  async #join(waiting: Waiting, done: Done[]): Promise<void> {
    this.#connection.control("savepoint brief");
    try {
      const value = await this.#attempt(waiting);
      this.#connection.control("release brief");
      done.push({ waiting, value });
    } catch (error) {
      waiting.reject(error);
      if (!this.#connection.inTransaction) throw error;
      this.#connection.control("rollback to brief");
      this.#connection.control("release brief");
    }
  }

  #nextBrief(size: number): Waiting | undefined {
    return size < largestGroup && this.#queue[0]?.options.brief ? this.#queue.shift() : undefined;
  }

  async #attempt({ run, options: { timeoutMs } }: Waiting): Promise<unknown> {
    const session = new WriteSession(this.#connection, this.#schemaChanged);
    let timer: unknown;
    const timeout = new Promise<never>((_, reject) => {
      timer = this.#clock.setTimeout(() => {
        session.end(() => tooLong(timeoutMs));
        reject(tooLong(timeoutMs));
      }, timeoutMs);
    });
    try {
      const value = await Promise.race([run(session), timeout]);
      if (session.lost) throw session.lost;
      return value;
    } finally {
      this.#clock.clearTimeout(timer);
      session.end();
    }
  }

  #rollBack(): void {
    try {
      if (this.#connection.inTransaction) this.#connection.control("rollback");
    } catch {
      // The disk fails. The next transaction tries again before it begins, and reports it.
    }
  }
}

function tooLong(timeoutMs: number): ReeveError {
  return reeveError(
    "TRANSACTION_TIMEOUT",
    `a transaction took longer than ${timeoutMs} ms and was rolled back; await only its tx inside a transaction`,
  );
}
