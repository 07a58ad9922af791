import type { ReeveError } from "@reeve/contract";
import { nextSyncState, type SyncEvent, type SyncState } from "./sync-states.ts";

/** What waits for the commits that it saw to last; told the error that says that they may not. */
export type Settlement = (lost: ReeveError | undefined) => void;

export interface SharedSyncPort {
  /** A sync begins: pins what is committed now, for reads to see when it is done. */
  begin(): void;
  /** Makes what is committed last. Must not keep the event loop waiting. */
  sync(): Promise<void>;
  /** It is done: reads see what was pinned. */
  done(): void;
  /** It failed. Returns what transactions are told. */
  failed(error: unknown): ReeveError;
}

/** The syncs of a file: one at a time, each for all the commits made before it began. States: `sync-states.ts`. */
export class SharedSync {
  readonly #port: SharedSyncPort;
  #state: SyncState = "clean";
  #lost: ReeveError | undefined;
  /** Wait for the sync that runs, and for the one after it. */
  #covered: Settlement[] = [];
  #later: Settlement[] = [];
  #running: Promise<void> | undefined;

  constructor(port: SharedSyncPort) {
    this.#port = port;
  }

  /** Why nothing may be committed now: what was, may be lost. */
  get lost(): ReeveError | undefined {
    return this.#state === "failed" ? this.#lost : undefined;
  }

  /** A commit was made, and is not known to last. */
  committed(): void {
    this.#take("committed");
  }

  /** Calls back when all that is committed now lasts: at once when it does. */
  whenLasting(settlement: Settlement): void {
    if (this.#state === "clean") settlement(undefined);
    else if (this.#state === "failed") settlement(this.#lost);
    else (this.#state === "syncing" ? this.#covered : this.#later).push(settlement);
  }

  /** Resolves when no sync runs. */
  async rest(): Promise<void> {
    while (this.#running) await this.#running;
  }

  /** What is not synced yet may be lost, whatever a running sync will say. */
  fail(error: ReeveError): void {
    this.#take("failed", error);
  }

  /** All that was ever committed lasts. Only at rest. */
  reopened(): void {
    this.#take("reopened");
  }

  #take(event: SyncEvent, error?: ReeveError): void {
    const step = nextSyncState(this.#state, event);
    if (!step) return;
    const [state, ...actions] = step;
    this.#state = state;
    if (event === "failed") this.#lost = error;
    for (const action of actions) {
      if (action === "start") this.#start();
      else if (action === "acknowledge") this.#acknowledge();
      else this.#reject(error);
    }
  }

  #start(): void {
    this.#covered = this.#later;
    this.#later = [];
    const running = this.#run();
    this.#running = running;
    void running.then(() => {
      if (this.#running === running) this.#running = undefined;
    });
  }

  async #run(): Promise<void> {
    try {
      this.#port.begin();
      await this.#port.sync();
    } catch (error) {
      // Another may have told of it already.
      if (this.lost) return;
      return this.fail(this.#port.failed(error));
    }
    this.#take("synced");
  }

  #acknowledge(): void {
    this.#port.done();
    for (const settlement of this.#covered.splice(0)) settlement(undefined);
  }

  #reject(error: ReeveError | undefined): void {
    for (const settlement of [...this.#covered.splice(0), ...this.#later.splice(0)]) settlement(error);
  }
}
