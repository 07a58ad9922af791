import type { DriverLog } from "@reeve/driver-sdk";
import { DriverError } from "@reeve/driver-sdk";
import { after, type DeviceClock } from "../clock.ts";
import type { NxApi } from "../nxapi/nx-api.ts";
import { RequestFailure } from "../nxapi/request-failure.ts";

/** Up to a minute is ordinary; the command itself ends after five. */
const saveTimeoutMs = 170_000;
/** One save of a switch at a time, anybody's: another try comes after this. */
const retryMs = 30_000;

const failureWords = /\b(error|fail(ed|ure)?|abort(ed)?|denied|in progress|not ready)\b/i;

export interface SavesOptions {
  readonly api: NxApi;
  readonly clock: DeviceClock;
  readonly log: DriverLog;
  /** Undefined: only when asked to. */
  readonly afterMs: number | undefined;
}

/**
 * Saves the running configuration, all of it, some time after the last change and one save at a time. It runs beside the lane: a
 * save takes up to a minute, and what is changed meanwhile counts as not saved.
 */
export class Saves {
  readonly #options: SavesOptions;
  #changes = 0;
  #saved = 0;
  #saving: Promise<void> | undefined;
  #cancel: (() => void) | undefined;
  #closed = false;

  constructor(options: SavesOptions) {
    this.#options = options;
  }

  get unsaved(): boolean {
    return this.#saved < this.#changes;
  }

  /** Something may have been changed just now. */
  changed(): void {
    this.#changes++;
    const { afterMs } = this.#options;
    if (afterMs !== undefined) this.#schedule(afterMs);
  }

  /** The switch has loaded what was saved. */
  restarted(): void {
    this.#saved = this.#changes;
    this.#cancel?.();
  }

  /**
   * Resolves when all that was changed before is saved.
   *
   * @throws DriverError `UNAVAILABLE` when the switch does not save it
   */
  async save(): Promise<void> {
    const wanted = this.#changes;
    while (this.#saved < wanted) {
      // One that runs has begun before the last changes, perhaps: then another follows.
      this.#saving ??= this.#saveOnce().finally(() => {
        this.#saving = undefined;
      });
      await this.#saving;
    }
  }

  close(): void {
    this.#closed = true;
    this.#cancel?.();
  }

  #schedule(ms: number): void {
    this.#cancel?.();
    if (this.#closed) return;
    this.#cancel = after(this.#options.clock, ms, () => {
      this.save().catch((error: Error) => {
        this.#options.log.warn({ error: error.message }, "the switch's configuration is not saved; it is tried again");
        this.#schedule(retryMs);
      });
    });
  }

  async #saveOnce(): Promise<void> {
    const { api } = this.#options;
    const covered = this.#changes;
    const command = { method: "cli_ascii", cmd: "copy running-config startup-config" } as const;
    const answers = await api.run([command], { timeoutMs: saveTimeoutMs }).catch((error) => {
      throw error instanceof RequestFailure ? error.error : error;
    });
    const [answer] = answers;
    if (answer?.kind !== "done" || failureWords.test(answer.text)) {
      const said = answer && answer.kind !== "none" ? answer.text : "no answer";
      throw new DriverError("UNAVAILABLE", `${api.name}: ${command.cmd}: ${said.slice(-300)}`);
    }
    this.#saved = Math.max(this.#saved, covered);
  }
}
