import { reeveError } from "@reeve/contract";
import type { Clock } from "@reeve/runtime/store";
import type { Connection } from "./connection.ts";
import { isFull, isOnlyForMore } from "./errors.ts";

export interface PoolOptions {
  /** Names the pool in messages. */
  readonly name: string;
  readonly max: number;
  readonly acquireTimeoutMs: number;
  readonly clock: Clock;
  readonly open: () => Promise<Connection>;
  /** A connection was lost that nobody had ended. */
  readonly lost: (reason: unknown) => void;
}

/** Somebody's hold on a connection. */
export interface Lease {
  readonly connection: Connection;
  /** For what it is held, as far as that is known. */
  purpose: string;
  /** Gives it back; one that is lost, busy or in a transaction is ended. Idempotent. */
  release(): void;
}

const firstPauseMs = 100;
const longestPauseMs = 2_000;

interface Waiting {
  readonly purpose: string;
  readonly urgent: boolean;
  readonly resolve: (lease: Lease) => void;
  readonly reject: (error: unknown) => void;
}

interface Holding {
  readonly since: number;
  readonly urgent: boolean;
}

/**
 * Connections of one kind, as many at most; work waits for one in the order in which it came, for a bounded time. Once there has been
 * urgent work, that comes first, and one connection of several is kept for it.
 */
export class Pool {
  readonly #options: PoolOptions;
  readonly #idle: Connection[] = [];
  readonly #held = new Map<Lease, Holding>();
  readonly #waiting = new Set<Waiting>();
  /** Before all those. */
  readonly #urgent = new Set<Waiting>();
  readonly #opening = new Set<Promise<void>>();
  /** Why no more can be opened at present. */
  #obstacle: unknown;
  /** Until it fires none is opened. */
  #pause: unknown;
  #pauseMs = firstPauseMs;
  #closed = false;
  #keepsOne = false;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  /**
   * @param purpose what it is held for, until its holder knows better
   * @throws ReeveError `STORE_FAILED` when none becomes free in time, naming what holds them; what opening one throws
   */
  acquire(purpose: string, urgent = false): Promise<Lease> {
    const { promise, resolve, reject } = Promise.withResolvers<Lease>();
    const { clock, acquireTimeoutMs } = this.#options;
    const queue = urgent ? this.#urgent : this.#waiting;
    this.#keepsOne ||= urgent && this.#options.max > 1;
    const waiting: Waiting = {
      purpose,
      urgent,
      resolve: (lease) => {
        clock.clearTimeout(timer);
        resolve(lease);
      },
      reject: (error) => {
        clock.clearTimeout(timer);
        reject(error);
      },
    };
    const timer = clock.setTimeout(() => {
      if (queue.delete(waiting)) reject(this.#exhausted());
    }, acquireTimeoutMs);
    queue.add(waiting);
    this.#serve();
    return promise;
  }

  /** A connection that is there already, for the next that asks. */
  add(connection: Connection): void {
    this.#keep(connection);
    this.#serve();
  }

  /** Whether it has a session that is not lost. */
  get isAlive(): boolean {
    const held = [...this.#held.keys()].map(({ connection }) => connection);
    return [...this.#idle, ...held].some(({ isLost }) => !isLost);
  }

  /** Tells all that wait that there is nothing to wait for. */
  readonly refuse = (error: unknown): void => {
    for (const waiting of [...this.#urgent, ...this.#waiting]) waiting.reject(error);
    this.#urgent.clear();
    this.#waiting.clear();
  };

  /** Ends those that nobody holds and those that are being opened, and the others when they are given back. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#options.clock.clearTimeout(this.#pause as never);
    this.refuse(reeveError("STORE_MISUSE", "the store is closed"));
    await Promise.all([...this.#idle.splice(0).map((connection) => connection.end()), ...this.#opening]);
  }

  #serve(): void {
    for (let next = this.#next(); next; next = this.#next()) {
      const connection = this.#idle.pop();
      if (!connection) break;
      this.#forget(next);
      this.#grant(next, connection);
    }
    if (this.#pause !== undefined) return;
    const wanted = this.#urgent.size + Math.min(this.#waiting.size, this.#leftForOthers);
    const missing = Math.min(wanted - this.#opening.size, this.#options.max - this.#size);
    for (let opened = 0; opened < missing; opened++) {
      const opening: Promise<void> = this.#options.open().then(
        (connection) => this.#opened(opening, connection),
        (error) => this.#failed(opening, error),
      );
      this.#opening.add(opening);
    }
  }

  #next(): Waiting | undefined {
    const [urgent] = this.#urgent;
    const [first] = this.#waiting;
    return urgent ?? (this.#leftForOthers > 0 ? first : undefined);
  }

  #forget(waiting: Waiting): void {
    (waiting.urgent ? this.#urgent : this.#waiting).delete(waiting);
  }

  /** How many more may be held by work that is not urgent. */
  get #leftForOthers(): number {
    const held = [...this.#held.values()].filter(({ urgent }) => !urgent).length;
    return this.#options.max - held - (this.#keepsOne ? 1 : 0);
  }

  get #size(): number {
    return this.#idle.length + this.#held.size + this.#opening.size;
  }

  async #opened(opening: Promise<void>, connection: Connection): Promise<void> {
    this.#opening.delete(opening);
    if (this.#closed) return connection.end();
    this.#openable();
    this.#keep(connection);
    this.#serve();
  }

  #failed(opening: Promise<void>, error: unknown): void {
    this.#opening.delete(opening);
    if (isFull(error) || (this.isAlive && isOnlyForMore(error))) return this.#openLater(error);
    // The one that waits longest is told: the others have attempts of their own.
    const [urgent] = this.#urgent;
    const [waiting] = this.#waiting;
    const first = urgent ?? waiting;
    if (first) this.#forget(first);
    first?.reject(error);
    this.#serve();
  }

  #openable(): void {
    this.#obstacle = undefined;
    this.#pauseMs = firstPauseMs;
  }

  /** Those that wait go on waiting, for what is given back or for what can be opened after a pause. */
  #openLater(obstacle: unknown): void {
    this.#obstacle = obstacle;
    if (this.#pause !== undefined || this.#closed) return;
    const pauseMs = this.#pauseMs * (0.5 + Math.random() / 2);
    this.#pauseMs = Math.min(this.#pauseMs * 2, longestPauseMs);
    this.#pause = this.#options.clock.setTimeout(() => {
      this.#pause = undefined;
      if (this.#urgent.size + this.#waiting.size === 0) this.#openable();
      else this.#serve();
    }, pauseMs);
  }

  #keep(connection: Connection): void {
    if (this.#closed) return void connection.end();
    this.#idle.push(connection);
    void connection.lost.then((reason) => {
      const index = this.#idle.indexOf(connection);
      if (index !== -1) this.#idle.splice(index, 1);
      if (!this.#closed) this.#options.lost(reason);
    });
  }

  #grant({ purpose, urgent, resolve }: Waiting, connection: Connection): void {
    const lease: Lease = {
      connection,
      purpose,
      release: () => {
        if (!this.#held.delete(lease)) return;
        if (connection.busy) connection.destroy(new Error("it was given back before the server had answered"));
        else if (connection.inTransaction) connection.destroy(new Error("it was given back in a transaction"));
        if (!connection.isLost) {
          if (this.#closed) void connection.end();
          else this.#idle.push(connection);
        }
        this.#serve();
      },
    };
    this.#held.set(lease, { since: this.#options.clock.now(), urgent });
    resolve(lease);
  }

  #exhausted() {
    const { name, max, acquireTimeoutMs, clock } = this.#options;
    const holders = new Map<string, { count: number; longestMs: number }>();
    for (const [{ purpose }, { since }] of this.#held) {
      const holder = holders.get(purpose) ?? { count: 0, longestMs: 0 };
      holders.set(purpose, {
        count: holder.count + 1,
        longestMs: Math.max(holder.longestMs, Math.round(clock.now() - since)),
      });
    }
    const held = [...holders].map(
      ([purpose, { count, longestMs }]) => `${count} by ${purpose} (up to ${longestMs} ms)`,
    );
    const what = held.length === 0 ? "none could be opened" : `held: ${held.join(", ")}`;
    const advice =
      this.#obstacle === undefined
        ? "Shorten what holds them, or raise pool.max"
        : `No more can be opened: ${(this.#obstacle as Error).message}`;
    return reeveError(
      "STORE_FAILED",
      `${name}: none of its ${max} connections became free within ${acquireTimeoutMs} ms; ${what}. ${advice}`,
      { retryable: true, cause: this.#obstacle },
    );
  }
}
