import { driverFailureOf } from "@reeve/driver-sdk";
import type { VolumeHandles } from "./handles.ts";
import { changeVolume } from "./status.ts";

/** `waiting`: it could not be now, and is tried again. `refused`: the driver says that trying again is of no use. */
export type Reconnected = "connected" | "waiting" | "refused";

/** Between two rounds; one that has connected nothing doubles the next pause. */
const shortestPauseMs = 2_000;
const longestPauseMs = 60_000;
/** Volumes in one message. */
const mostNamed = 10;

/** A connection under way that nobody has asked for. */
interface Attempt {
  readonly id: string;
  readonly controller: AbortController;
  readonly ended: Promise<unknown>;
}

/**
 * Connects again, after a start, what was connected before it (Cinder's re-export at start). What the driver cannot do now
 * stays as it is and is tried until it works; meanwhile the manager is not ready and names it. Only what the driver says
 * that it never will do puts a volume into `error`.
 */
export class Reconnection {
  readonly #handles: VolumeHandles;
  /** Why each is not connected yet; the one that was tried last comes last. */
  readonly #waiting = new Map<string, string>();
  readonly #attempts = new Set<Attempt>();
  #pauseMs = shortestPauseMs;
  #nextAt = 0;
  /** The last attempt got no answer: whatever comes next would only wait as long. */
  #hung = false;

  constructor(handles: VolumeHandles) {
    this.#handles = handles;
  }

  /** Whether some wait and the pause is over. */
  get due(): boolean {
    return this.#waiting.size > 0 && !this.#paused;
  }

  /** @throws Error naming the volumes that are not connected yet, and why the one that was tried last is not */
  requireDone(): void {
    const last = [...this.#waiting.values()].at(-1);
    if (last === undefined) return;
    const ids = [...this.#waiting.keys()];
    const more = ids.length > mostNamed ? ` and ${ids.length - mostNamed} more` : "";
    throw new Error(`not connected again yet: ${ids.slice(0, mostNamed).join(", ")}${more} (${last})`);
  }

  /**
   * Tries every volume that was connected.
   *
   * @throws ReeveError `DRIVER_LOST`; what the signal aborted with
   */
  async start(signal: AbortSignal): Promise<void> {
    const { store, address } = this.#handles;
    const connected = await store
      .selectFrom("volumes")
      .select("id")
      .where("host", "=", address)
      .where("connected", "=", true)
      .where("status", "=", "available")
      .execute();
    for (const { id } of connected) if (!this.#waiting.has(id)) this.#waiting.set(id, "its turn has not come");
    await this.again(signal);
  }

  /** Tries each that waits once more. @throws as `start` */
  async again(signal: AbortSignal): Promise<void> {
    const before = this.#waiting.size;
    for (const id of [...this.#waiting.keys()]) {
      if (this.#hung && this.#paused) return;
      const volume = await this.#handles.store.find("volumes", id);
      // Somebody may have disconnected it while it was read.
      if (!this.#waiting.has(id)) continue;
      if (volume?.status !== "available" || !volume.connected || volume.host !== this.#handles.address) this.done(id);
      else await this.connect(id, signal);
    }
    if (this.#waiting.size < before) this.#pauseMs = shortestPauseMs;
    this.#rest();
  }

  /**
   * Connects one volume, whatever its status; one that is `available` is in `error` when the driver refuses.
   *
   * @throws as `start`
   */
  async connect(id: string, signal: AbortSignal): Promise<Reconnected> {
    if (this.#hung && this.#paused) return this.#wait(id, "the driver gave no answer about another volume");
    const { driver, log, store } = this.#handles;
    const controller = new AbortController();
    const connecting = driver.connect({ id }, { signal: AbortSignal.any([signal, controller.signal]) });
    const attempt = { id, controller, ended: connecting.catch(() => {}) };
    this.#attempts.add(attempt);
    try {
      await connecting;
      this.#hung = false;
      this.done(id);
      return "connected";
    } catch (error) {
      // Told to leave it: whoever did so has the last word.
      if (controller.signal.aborted) return "waiting";
      const failure = driverFailureOf(error);
      if (!failure || failure.error.reason === "DRIVER_LOST") throw error;
      const { message, reason } = failure.error;
      this.#hung = reason !== "DRIVER_FAILED";
      if (this.#hung) this.#rest();
      if (failure.passing) {
        log.warn({ id, err: error }, "a volume could not be connected again; it is tried later");
        return this.#wait(id, message);
      }
      log.error({ id, err: error }, "a volume could not be connected again");
      this.done(id);
      const fault = { reason: "FAILED", message } as const;
      await store.transaction((tx) => changeVolume(tx, id, "available", { status: "error", fault }));
      return "refused";
    } finally {
      this.#attempts.delete(attempt);
    }
  }

  /** It is connected, or nobody's concern here any more. */
  done(id: string): void {
    this.#waiting.delete(id);
  }

  /** It is to be connected no more. Resolves when nothing here does so. */
  async leave(id: string): Promise<void> {
    this.done(id);
    const own = [...this.#attempts].filter((attempt) => attempt.id === id);
    for (const { controller } of own) controller.abort();
    await Promise.all(own.map(({ ended }) => ended));
  }

  get #paused(): boolean {
    return this.#handles.clock.now() < this.#nextAt;
  }

  #wait(id: string, why: string): "waiting" {
    // At the end: the next round begins with another.
    this.#waiting.delete(id);
    this.#waiting.set(id, why);
    return "waiting";
  }

  #rest(): void {
    this.#nextAt = this.#handles.clock.now() + this.#pauseMs;
    this.#pauseMs = Math.min(this.#pauseMs * 2, longestPauseMs);
  }
}
