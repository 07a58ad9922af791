import { driverFailureOf } from "@reeve/driver-sdk/internal";
import { changeIf } from "../resource/index.ts";
import type { VolumeHandles } from "./handles.ts";
import { homeOf } from "./home.ts";

/**
 * - `connected`: it is, or is not to be any more.
 * - `waiting`: it could not be now, and is tried again.
 * - `refused`: the driver says that trying again is of no use.
 */
export type Reconnected = "connected" | "waiting" | "refused";

/** Between two rounds; one that has connected nothing doubles the next pause. */
const shortestPauseMs = 2_000;
const longestPauseMs = 60_000;
/** With which a call that got no answer ends. */
const hangs: ReadonlySet<string> = new Set(["DEADLINE_EXCEEDED", "HUNG"]);
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
  /** How many disconnect each now, and how many ever did. */
  readonly #disconnecting = new Map<string, number>();
  #disconnections = 0;
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
      .where("host", "=", homeOf(this.#handles))
      .where((row) => row.or([row("connectedTo", "=", address), row("connectedTo", "is", null)]))
      .where("connected", "=", true)
      // What is still being recovered is connected once it is available.
      .where("status", "!=", "error")
      .execute();
    for (const { id } of connected) if (!this.#waiting.has(id)) this.#waiting.set(id, "its turn has not come");
    await this.again(signal);
  }

  /** Tries each that waits once more. @throws as `start` */
  async again(signal: AbortSignal): Promise<void> {
    const before = this.#waiting.size;
    for (const id of [...this.#waiting.keys()]) {
      if (this.#hung && this.#paused) return;
      await this.connect(id, "available", signal);
    }
    if (this.#waiting.size < before) this.#pauseMs = shortestPauseMs;
    this.#rest();
  }

  /**
   * Connects one volume if it is still to be connected; one that is `available` is in `error` when the driver refuses.
   *
   * @param status that it has; with another one it is left alone, and waits while work is done on it
   * @throws as `start`
   */
  async connect(id: string, status: "available" | "error", signal: AbortSignal): Promise<Reconnected> {
    const before = this.#disconnections;
    const volume = await this.#handles.store.find("volumes", id);
    // What was read may be from before somebody disconnected it.
    if (this.#disconnecting.has(id) || this.#disconnections !== before)
      return this.#wait(id, "volumes are disconnected");
    if (!volume?.connected || volume.host !== homeOf(this.#handles)) return this.#forget(id);
    // Another member of the cluster has it, which connects it again itself.
    if ((volume.connectedTo ?? this.#handles.address) !== this.#handles.address) return this.#forget(id);
    if (volume.status !== status) return volume.status === "error" ? this.#forget(id) : "waiting";
    if (this.#hung && this.#paused) return this.#wait(id, "the driver gave no answer about another volume");
    return this.#connect(id, signal);
  }

  async #connect(id: string, signal: AbortSignal): Promise<Reconnected> {
    const { driver, log, store } = this.#handles;
    const controller = new AbortController();
    const connecting = driver.connect({ id }, { signal: AbortSignal.any([signal, controller.signal]) });
    const attempt = { id, controller, ended: connecting.catch(() => {}) };
    this.#attempts.add(attempt);
    try {
      await connecting;
      this.#hung = false;
      return this.#forget(id);
    } catch (error) {
      // Told to leave it: whoever did so has the last word.
      if (controller.signal.aborted) return "waiting";
      const failure = driverFailureOf(error);
      if (!failure || failure.error.reason === "DRIVER_LOST") throw error;
      const { message, reason } = failure.error;
      this.#hung = hangs.has(reason);
      if (this.#hung) this.#rest();
      if (failure.passing) {
        log.warn({ id, err: error }, "a volume could not be connected again; it is tried later");
        return this.#wait(id, message);
      }
      log.error({ id, err: error }, "a volume could not be connected again");
      this.done(id);
      const fault = { reason: "FAILED", message } as const;
      await store.transaction((tx) => changeIf(tx, "volumes", id, "available", { status: "error", fault }));
      return "refused";
    } finally {
      this.#attempts.delete(attempt);
    }
  }

  /** It was connected on somebody's behalf. */
  done(id: string): void {
    this.#waiting.delete(id);
  }

  /** Disconnects a volume on somebody's behalf: from now on, and until that has ended, nothing here connects it. */
  async disconnect<R>(id: string, disconnect: () => Promise<R>): Promise<R> {
    this.#disconnections++;
    this.#disconnecting.set(id, (this.#disconnecting.get(id) ?? 0) + 1);
    const own = [...this.#attempts].filter((attempt) => attempt.id === id);
    for (const { controller } of own) controller.abort();
    try {
      await Promise.all(own.map(({ ended }) => ended));
      const result = await disconnect();
      this.done(id);
      return result;
    } finally {
      const left = this.#disconnecting.get(id)! - 1;
      if (left === 0) this.#disconnecting.delete(id);
      else this.#disconnecting.set(id, left);
    }
  }

  #forget(id: string): "connected" {
    this.done(id);
    return "connected";
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
