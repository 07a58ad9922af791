import type { Connection } from "./connection.ts";

/**
 * What reads see: what was committed when the last sync that is done began. One connection has that open as a snapshot;
 * the other pins the next one as its sync begins, and takes over when that is done. So no read waits, and none sees what a
 * power loss would take back.
 *
 * | | `#shown` | `#next` |
 * |---|---|---|
 * | at rest | pinned | free |
 * | a sync runs | pinned | pinned |
 * | the log is begun anew, nothing is unsynced | free: reads see what is committed | free |
 */
export class Snapshots {
  #shown: Snapshot;
  #next: Snapshot;

  /** Only while all that is committed is synced. */
  constructor(open: () => Connection) {
    this.#shown = new Snapshot(open());
    this.#next = new Snapshot(open());
    this.#shown.pin();
  }

  get reading(): Connection {
    return this.#shown.connection;
  }

  /** A sync begins. */
  pinNext(): void {
    this.#next.pin();
  }

  /** It is done. */
  showNext(): void {
    [this.#shown, this.#next] = [this.#next, this.#shown];
    this.#next.unpin();
  }

  /** Keeps nothing of the log in use. Only while all that is committed is synced, or nothing reads. */
  free(): void {
    this.#shown.unpin();
    this.#next.unpin();
  }

  /** Ends {@link free}. */
  pin(): void {
    this.#shown.pin();
  }

  close(): void {
    this.#shown.connection.close();
    this.#next.connection.close();
  }
}

class Snapshot {
  readonly connection: Connection;
  #schemaVersion: unknown;

  constructor(connection: Connection) {
    this.connection = connection;
  }

  pin(): void {
    this.unpin();
    this.connection.control("begin");
    // A transaction begins with its first read.
    const version = this.connection.schemaVersion();
    if (this.#schemaVersion !== version) this.connection.learnSchema();
    this.#schemaVersion = version;
  }

  unpin(): void {
    if (this.connection.inTransaction) this.connection.control("commit");
  }
}
