import type { ReeveError } from "@reeve/contract";
import type { Clock, StoreFault, StoreHealth } from "@reeve/runtime/store";
import type { Connection } from "./connection.ts";
import { diskFaultOf, hasNoRoom, isFull, isLoss, isOnlyForMore, isTooSlow, storeFailure } from "./errors.ts";
import { roomSql } from "./server-sql.ts";

const firstPauseMs = 100;
const longestPauseMs = 2_000;

export interface HealthWatchOptions {
  /** Names the database in messages. */
  readonly name: string;
  readonly health: StoreHealth;
  readonly clock: Clock;
  /** Opens a session that may write, or throws why it cannot. */
  readonly open: () => Promise<Connection>;
  /** Whether there are sessions that are not lost: then a server that lets in no others can still be asked. */
  readonly isAlive: () => boolean;
  /** The server cannot be asked from now on: told again when it is for another reason. */
  readonly onAway: (error: ReeveError) => void;
}

/**
 * Finds what is wrong with a server, and says it until that is over:
 *
 * | fault | found by | meanwhile | over |
 * |---|---|---|---|
 * | the server cannot be asked | a session that was lost, a statement that was not answered, then a look | work is refused | when a session can be opened |
 * | its disk is full, or fails | a statement, a commit, a session that could not be opened beside others | each is tried: what fits is kept, and reads need no room | when a look has written what needs room |
 *
 * While something is wrong it looks again, every 2 s at least.
 */
export class HealthWatch {
  readonly #options: HealthWatchOptions;
  #away: StoreFault | undefined;
  /** What the server said last of its disk, until a look finds it well. */
  #disk: StoreFault | undefined;
  #looking = false;
  #look: Promise<void> = Promise.resolve();
  #pauseMs = firstPauseMs;
  #timer: unknown;
  #closed = false;

  constructor(options: HealthWatchOptions) {
    this.#options = options;
  }

  /** Why work is refused now. */
  get refusal(): ReeveError | undefined {
    return this.#away?.error;
  }

  /** Something makes one doubt whether the server is there. */
  doubt(): void {
    if (this.#looking || this.#closed) return;
    this.#looking = true;
    this.#pauseMs = firstPauseMs;
    this.#look = this.#lookOnce();
  }

  /** A statement failed. @param error as the server says it */
  failed(error: unknown): void {
    const kind = diskFaultOf(error);
    if (!kind || this.#closed) return;
    this.#disk = { kind, error: storeFailure(this.#options.name, error) };
    this.#tell();
    this.doubt();
  }

  /** There are sessions. */
  reached(): void {
    this.#away = undefined;
    this.#tell();
  }

  /** Resolves when the session that it looks with is ended. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#options.clock.clearTimeout(this.#timer as never);
    await this.#look;
  }

  #tell(): void {
    const { health } = this.#options;
    // That the server cannot be asked says more.
    const fault = this.#away ?? this.#disk;
    if (fault) health.failed(fault);
    else health.healed();
  }

  async #lookOnce(): Promise<void> {
    const { open, clock } = this.#options;
    try {
      const connection = await open();
      await this.#lookAtDisk(connection).finally(() => connection.end());
      if (!this.#closed) this.reached();
    } catch (error) {
      if (!this.#closed) this.#notOpened(error as ReeveError);
    }
    if (this.#closed || !(this.#away ?? this.#disk)) {
      this.#looking = false;
      return;
    }
    this.#timer = clock.setTimeout(
      () => {
        this.#look = this.#lookOnce();
      },
      this.#pauseMs * (0.5 + Math.random() / 2),
    );
    this.#pauseMs = Math.min(this.#pauseMs * 2, longestPauseMs);
  }

  #notOpened(error: ReeveError): void {
    const { isAlive, onAway } = this.#options;
    if (isFull(error)) return this.reached();
    const fault: StoreFault = { kind: kindOf(error), error };
    if (isAlive() && isOnlyForMore(error)) {
      if (fault.kind === "full") this.#disk = fault;
      return this.reached();
    }
    this.#away = fault;
    this.#tell();
    onAway(error);
  }

  /** Writes what needs room, and takes it back. */
  async #lookAtDisk(connection: Connection): Promise<void> {
    const disk = this.#disk;
    if (!disk) return;
    try {
      await connection.run(roomSql(connection.processId).map((text) => ({ text })));
    } catch (error) {
      const kind = diskFaultOf(error);
      if (kind) this.#disk = { kind, error: storeFailure(this.#options.name, error) };
      // Where it may not be asked, the next statement tells.
      if (kind || isLoss(error) || isTooSlow(error)) return;
    }
    // Another statement may have failed while it looked.
    if (this.#disk === disk) this.#disk = undefined;
  }
}

function kindOf({ cause, reason }: ReeveError): StoreFault["kind"] {
  if (reason === "STORE_CORRUPT") return "damaged";
  return hasNoRoom(cause) ? "full" : "failed";
}
