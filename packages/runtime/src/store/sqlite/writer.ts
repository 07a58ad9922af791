import { AsyncLocalStorage } from "node:async_hooks";
import { type ReeveError, reeveError } from "@reeve/contract";
import type { Clock } from "../../base/clock.ts";
import type { LoopTurn } from "../../base/loop-turn.ts";
import type { Session, WriteOptions } from "../backend.ts";
import type { Connection } from "./connection.ts";
import { notLasting } from "./errors.ts";
import { WriteSession } from "./write-session.ts";

/** What becomes of commits. */
export interface Commits {
  /** Why nothing may be committed now. */
  readonly lost: ReeveError | undefined;
  /** One was made. */
  committed(): void;
  /** Calls back when all that is committed now lasts, or with why it may not. */
  whenLasting(settlement: (lost: ReeveError | undefined) => void): void;
}

export interface WriterOptions {
  readonly connection: Connection;
  readonly clock: Clock;
  readonly turn: LoopTurn;
  readonly commits: Commits;
  readonly schemaChanged: () => void;
}

interface Waiting {
  readonly options: WriteOptions;
  /** The body, in the async context it was asked for in. */
  readonly run: (session: Session) => Promise<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** How a transaction ended, which it is told when all that it saw lasts. */
interface Ended {
  readonly waiting: Waiting;
  readonly wrote: boolean;
  readonly tell: () => void;
}

interface Hold {
  /** It has begun. */
  readonly grant: () => void;
  readonly released: Promise<void>;
}

/** How many transactions may share a commit: it writes a page once that several of them changed, which is most of its cost. */
const largestGroup = 64;

/**
 * The one writer of a file: transactions run one after the other, in the order they were asked for, whether the commits of
 * earlier ones last yet or not. Each is told its end when all does that it may have seen.
 */
export class Writer {
  readonly #options: WriterOptions;
  #connection: Connection;
  readonly #queue: Waiting[] = [];
  #working: Promise<void> | undefined;
  /** What tells those whose end lasts, or never will. */
  readonly #settled: (() => void)[] = [];
  #telling: Promise<void> | undefined;
  /** Whose turn it is, and who comes after: the checkpoints, and what opens the file again. */
  readonly #holds: Hold[] = [];
  #closed = false;

  constructor(options: WriterOptions) {
    this.#options = options;
    this.#connection = options.connection;
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

  /** Lets the transaction that runs end, and begins no other before the returned function is called. Holds follow one another. */
  hold(): Promise<() => void> {
    return new Promise((resolve) => {
      const { promise: released, resolve: done } = Promise.withResolvers<void>();
      const release = () => {
        this.#holds.shift();
        done();
        if (!this.#working) this.#holds[0]?.grant();
      };
      this.#holds.push({ grant: () => resolve(release), released });
      if (!this.#working && this.#holds.length === 1) resolve(release);
    });
  }

  /** Goes on with another connection to the file. Only while held. */
  reconnect(connection: Connection): void {
    this.#connection = connection;
  }

  /** Resolves when everything asked for so far has run, and was told its end; what comes later is refused. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#working;
    await new Promise<void>((resolve) => this.#options.commits.whenLasting(() => resolve()));
    await this.#telling;
  }

  async #work(): Promise<void> {
    const { turn } = this.#options;
    // One turn, so that what is asked for together finds itself in the queue together.
    await Promise.resolve();
    for (;;) {
      if (turn.look()) await turn.turned();
      const [hold] = this.#holds;
      if (hold) {
        hold.grant();
        await hold.released;
        continue;
      }
      const first = this.#queue.shift();
      if (!first) break;
      await this.#commitGroup(first);
    }
    this.#working = undefined;
  }

  async #commitGroup(first: Waiting): Promise<void> {
    const ended: Ended[] = [];
    const unwanted = first.options.unwanted?.();
    if (unwanted) return first.reject(unwanted);
    try {
      this.#rollBack();
      this.#requireCommits();
      this.#connection.control("begin immediate");
    } catch (error) {
      return first.reject(error);
    }
    try {
      ended.push(await this.#attempt(first));
    } catch (error) {
      this.#rollBack();
      return this.#settle([refused(first, error)]);
    }
    try {
      for (let next = this.#next(ended.length); next; next = this.#next(ended.length))
        ended.push(await this.#join(next, ended));
      this.#commit(ended);
    } catch (error) {
      this.#refuse(ended, error);
    }
  }

  /** Runs one more transaction before the commit; if it fails, only its own changes go. @throws what ended them all */
  async #join(waiting: Waiting, earlier: Ended[]): Promise<Ended> {
    const unwanted = waiting.options.unwanted?.();
    if (unwanted) return refused(waiting, unwanted);
    let split: NodeJS.Immediate | undefined;
    const joining = (session: WriteSession) => {
      session.remember();
      split = setImmediate(() => this.#split(session, earlier));
    };
    try {
      this.#connection.control("savepoint brief");
      const ended = await this.#attempt(waiting, joining);
      this.#connection.control("release brief");
      return ended;
    } catch (error) {
      this.#undo(waiting, error);
      return refused(waiting, error);
    } finally {
      clearImmediate(split);
    }
  }

  /** Takes back what one that shares the commit has done. @throws what ended them all, when it has been told */
  #undo(waiting: Waiting, error: unknown): void {
    try {
      // SQLite, or a split that failed, has taken back all.
      if (!this.#connection.inTransaction) throw error;
      this.#connection.control("rollback to brief");
      this.#connection.control("release brief");
    } catch (fatal) {
      waiting.reject(error);
      throw fatal;
    }
  }

  /**
   * A transaction that lasts longer than the turn of the loop that it began in keeps no earlier one waiting for its commit: what it
   * has done is taken back, they are committed, and it is done again.
   */
  #split(session: WriteSession, earlier: Ended[]): void {
    const ended = earlier.splice(0);
    try {
      this.#connection.control("rollback to brief");
      this.#commit(ended);
    } catch (error) {
      this.#refuse(ended, error);
    }
    try {
      this.#connection.control("begin immediate");
      this.#connection.control("savepoint brief");
      session.repeat();
    } catch (error) {
      session.lose(error);
      // Or what was refused above could be committed with what comes after.
      this.#rollBack();
    }
  }

  #commit(ended: readonly Ended[]): void {
    this.#requireCommits();
    this.#connection.control("commit");
    if (ended.some(({ wrote }) => wrote)) this.#options.commits.committed();
    this.#settle(ended);
  }

  #refuse(ended: readonly Ended[], error: unknown): void {
    this.#rollBack();
    this.#settle(ended.map(({ waiting }) => refused(waiting, error)));
  }

  #next(size: number): Waiting | undefined {
    return size < largestGroup && this.#holds.length === 0 && !this.#options.turn.look()
      ? this.#queue.shift()
      : undefined;
  }

  async #attempt(waiting: Waiting, prepare?: (session: WriteSession) => void): Promise<Ended> {
    const { clock, turn, schemaChanged } = this.#options;
    const { timeoutMs, unwanted } = waiting.options;
    const connection = this.#connection;
    const until = clock.now() + timeoutMs;
    const overdue = () => (clock.now() < until ? unwanted?.() : tooLong(timeoutMs));
    const session = new WriteSession({ connection, clock, turn, schemaChanged, overdue });
    prepare?.(session);
    const before = connection.changes;
    let timer: unknown;
    const timeout = new Promise<never>((_, reject) => {
      timer = clock.setTimeout(() => {
        session.end(() => tooLong(timeoutMs));
        reject(tooLong(timeoutMs));
      }, timeoutMs);
    });
    try {
      const value = await Promise.race([waiting.run(session), timeout]);
      if (session.lost) throw session.lost;
      const wrote = session.changedSchema || connection.changes !== before;
      return { waiting, wrote, tell: () => waiting.resolve(value) };
    } finally {
      clock.clearTimeout(timer);
      session.end();
    }
  }

  #settle(ended: readonly Ended[]): void {
    this.#options.commits.whenLasting((lost) => {
      for (const { waiting, wrote, tell } of ended)
        this.#settled.push(lost ? () => waiting.reject(notLasting(lost, wrote)) : tell);
      this.#telling ??= this.#tell();
    });
  }

  /** In order, and not all in one turn of the loop: what each of them brings goes on in the turn that it is told in. */
  async #tell(): Promise<void> {
    const { turn } = this.#options;
    for (let tell = this.#settled.shift(); tell; tell = this.#settled.shift()) {
      tell();
      await Promise.resolve();
      if (turn.look()) await turn.turned();
    }
    this.#telling = undefined;
  }

  /** @throws ReeveError `STORE_FAILED` */
  #requireCommits(): void {
    const { lost } = this.#options.commits;
    if (lost) throw lost;
  }

  #rollBack(): void {
    try {
      if (this.#connection.inTransaction) this.#connection.control("rollback");
    } catch {
      // The disk fails. The next transaction tries again before it begins, and reports it.
    }
  }
}

function refused(waiting: Waiting, error: unknown): Ended {
  return { waiting, wrote: false, tell: () => waiting.reject(error) };
}

function tooLong(timeoutMs: number): ReeveError {
  return reeveError(
    "TRANSACTION_TIMEOUT",
    `a transaction took longer than ${timeoutMs} ms and was rolled back; await only its tx inside a transaction`,
  );
}
