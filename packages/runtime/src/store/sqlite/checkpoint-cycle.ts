import type { ReeveError } from "@reeve/contract";
import type { Checkpointer } from "./checkpointer.ts";
import type { OpenFile } from "./open-file.ts";
import type { SharedSync } from "./shared-sync.ts";
import type { Writer } from "./writer.ts";

/** What is asked of the file that is open. */
interface CheckpointedFile {
  readonly wal: Pick<OpenFile["wal"], "holds" | "begunAnew">;
  readonly snapshots: Pick<OpenFile["snapshots"], "free" | "pin">;
  readonly watch: Pick<OpenFile["watch"], "logCut">;
}

export interface CheckpointCycleOptions {
  /** How many frames the log grows by before it is copied into the database. */
  readonly frames: number;
  readonly checkpointer: Checkpointer;
  readonly writer: Pick<Writer, "hold">;
  readonly syncs: Pick<SharedSync, "rest" | "lost">;
  readonly file: () => CheckpointedFile;
  /** The log could not be copied. */
  readonly failed: (error: ReeveError) => void;
}

/**
 * Copies the log into the database when it has grown, and begins it anew:
 *
 * | phase | transactions | syncs | reads | the thread |
 * |---|---|---|---|---|
 * | idle | run | run | of the snapshot | |
 * | copying | run | run | of the snapshot | `passive`: most of the log, beside all others |
 * | holding | the one that runs ends, others wait | the last ones end | of the snapshot | |
 * | renewing | wait | none | of what is committed, all of it synced | `restart`: the rest, and a first commit that pays for the new header's sync |
 * | failed | are refused | none | of the snapshot | what it was asked for before, of what the snapshot has; nothing more |
 *
 * `passive` alone lets the log grow without end, for it begins anew only when nobody uses it; `restart` beside a writer that
 * works would keep the event loop waiting for its lock.
 */
export class CheckpointCycle {
  readonly #options: CheckpointCycleOptions;
  #dueAt: number;
  #running: Promise<void> | undefined;
  #closed = false;

  constructor(options: CheckpointCycleOptions) {
    this.#options = options;
    this.#dueAt = options.frames;
  }

  /** Runs a cycle when the log has grown enough, unless one runs. */
  look(): void {
    if (this.#running || this.#closed) return;
    const running = this.#cycle();
    this.#running = running;
    void running.then(() => {
      this.#running = undefined;
    });
  }

  /** Resolves when none runs; none is begun any more. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#running;
  }

  async #cycle(): Promise<void> {
    const { checkpointer, frames, syncs, file, failed } = this.#options;
    try {
      if (!(await file().wal.holds(this.#dueAt))) return;
      // The thread would open the file while it is closed for its log to be written again.
      if (syncs.lost) return;
      await checkpointer.run("passive");
      // Somebody else reads the file, or it cannot be copied now: try again when the log has grown by as much again.
      this.#dueAt = (await this.#renew()) ? frames : this.#dueAt + frames;
    } catch (error) {
      this.#dueAt += frames;
      failed(error as ReeveError);
    }
  }

  async #renew(): Promise<boolean> {
    const { checkpointer, writer, syncs, file } = this.#options;
    const release = await writer.hold();
    try {
      await syncs.rest();
      if (syncs.lost) return false;
      const { wal, snapshots, watch } = file();
      snapshots.free();
      watch.logCut();
      try {
        return await checkpointer.run("restart");
      } finally {
        wal.begunAnew();
        watch.logCut();
        snapshots.pin();
      }
    } finally {
      release();
    }
  }
}
