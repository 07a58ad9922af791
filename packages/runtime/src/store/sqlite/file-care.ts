import type { ReeveError } from "@reeve/contract";
import type { Clock, Timer } from "../../base/clock.ts";
import type { StoreFault, StoreHealth } from "../store-health.ts";
import { faultKindOf, syncFailure } from "./errors.ts";

export interface FileCareOptions {
  readonly path: string;
  readonly clock: Clock;
  readonly health: StoreHealth;
  /** Looks whether the files are there. */
  readonly look: () => Promise<StoreFault | undefined>;
  /** Why nothing may be committed now. */
  readonly lost: () => ReeveError | undefined;
  /** From now on nothing is committed, and what was and is not synced may be lost. */
  readonly lose: (error: ReeveError) => void;
  /** Commits nothing, and resolves when that lasts and there is room for more. Rejects where it does not. */
  readonly probe: () => Promise<void>;
  /** Whether a fault is mended by bringing the log, which has lost its name, into the database. */
  readonly isLostLog: (fault: StoreFault) => boolean;
  /** Closes and opens the files, after which all that was ever committed lasts. Rejects where that is not possible. */
  readonly reopen: (lostLog: boolean) => Promise<void>;
}

/** What no other try mends: the bytes are not those that were written. */
const forGood: ReadonlySet<StoreFault["kind"]> = new Set(["damaged", "truncated"]);

const lookEveryMs = 5_000;
const retryEveryMs = 1_000;

/**
 * Finds what is wrong with a database file, says it, and mends it:
 *
 * | fault | found by | meanwhile | mended |
 * |---|---|---|---|
 * | `full` | a statement, a commit, a checkpoint | each transaction is tried | by a probe that lasts, with room left |
 * | `failed` | a statement, a commit | each transaction is tried | by a probe that lasts |
 * | the same | a sync, a checkpoint | transactions are refused | by opening the file again |
 * | `gone`, `replaced` | a look with each sync, and every 5 s at rest | transactions are refused | by opening the file again, once it is there as it was |
 * | the same, of the log alone | the same | transactions are refused | by bringing the log into the database, and opening that again |
 * | `truncated` | the same | transactions are refused | by a restart |
 * | `damaged` | a statement | transactions are refused | by a restart |
 *
 * While something is wrong it tries again every second.
 */
export class FileCare {
  readonly #options: FileCareOptions;
  #timer: Timer | undefined;
  #trying: Promise<void> | undefined;
  #closed = false;

  constructor(options: FileCareOptions) {
    this.#options = options;
    this.#arm();
  }

  /** A statement, a commit or a checkpoint failed. */
  failed(error: ReeveError): void {
    const kind = faultKindOf(error);
    // What the file itself suffers says more than what a statement made of it.
    if (!kind || this.#options.lost()) return;
    // What is written beside damage may never be found again.
    if (kind === "damaged") this.#lose({ kind, error });
    else this.#say({ kind, error });
  }

  /**
   * A checkpoint failed. Where the disk did, the kernel may have forgotten pages that an earlier checkpoint copied: no other
   * may begin the log anew before all of it is copied once more.
   */
  checkpointFailed(error: ReeveError): void {
    if (faultKindOf(error) === "failed") this.lost(error);
    else this.failed(error);
  }

  /** A sync failed, or the files are not what they were. Returns what transactions are told. */
  lost(cause: unknown): ReeveError {
    const error = syncFailure(this.#options.path, cause);
    this.#lose({ kind: faultKindOf(error) ?? "failed", error });
    return error;
  }

  /** Looks at the files. @throws ReeveError when they are not what they were */
  async look(): Promise<void> {
    const fault = await this.#options.look();
    if (!fault) return;
    this.#lose(fault);
    throw fault.error;
  }

  /** Resolves when nothing of it runs any more. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#options.clock.clearTimeout(this.#timer);
    await this.#trying;
  }

  #lose(fault: StoreFault): void {
    this.#say(fault);
    this.#options.lose(fault.error);
  }

  #say(fault: StoreFault): void {
    const calm = !this.#options.health.fault;
    this.#options.health.failed(fault);
    if (calm && !this.#trying) this.#arm();
  }

  #arm(): void {
    const { clock, health } = this.#options;
    clock.clearTimeout(this.#timer);
    if (this.#closed) return;
    this.#timer = clock.setTimeout(() => this.#due(), health.fault ? retryEveryMs : lookEveryMs);
    // A store that nobody closes keeps no process alive.
    (this.#timer as Partial<NodeJS.Timeout>).unref?.();
  }

  #due(): void {
    this.#trying = this.#try().then(() => {
      this.#trying = undefined;
      this.#arm();
    });
  }

  async #try(): Promise<void> {
    const { health, lost, probe, reopen, isLostLog } = this.#options;
    if (health.fault && forGood.has(health.fault.kind)) return;
    try {
      const found = await this.#options.look();
      const lostLog = found !== undefined && isLostLog(found);
      if (found) this.#lose(found);
      if (found && !lostLog) return;
      if (lost()) await reopen(lostLog);
      else if (health.fault) await probe();
    } catch {
      // Wrong as before, or in a way that was said: tried again.
      return;
    }
    if (!lost()) health.healed();
  }
}
