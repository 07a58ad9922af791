import { reeveError } from "@reeve/contract";
import { withTimeout } from "../base/bounded-wait.ts";
import type { Clock } from "../base/clock.ts";
import type { Logger } from "../telemetry/index.ts";
import { type ChildState, isLeaving } from "./child-state.ts";

/** What starting and stopping in order needs of a child, wherever that lives. */
export interface OrderedChild {
  /** `manager/address`. */
  readonly key: string;
  readonly state: ChildState;
  /** Whether a life of it has begun and not ended. */
  readonly alive: boolean;
  /** From here on it can be called. */
  announce(): void;
  /** Before its start: takes over what is wrong with its host. */
  heed(): void;
  /** Resolves when its endpoints are open; rejects when it did not start. */
  open(): Promise<void>;
  /** Resolves when it is ready, or open though degraded. */
  ready(): Promise<void>;
  /** Resolves when it has drained and closed. Never rejects. */
  stop(): Promise<void>;
  /** Ends it at once and for good. Never rejects. */
  terminate(error: unknown): Promise<void>;
}

interface ChildrenOptions {
  readonly clock: Clock;
  readonly log: Logger;
}

/** The children of one supervisor, in order of spawning: started in that order, one for one, and stopped in reverse. */
export class Children<C extends OrderedChild> {
  readonly #options: ChildrenOptions;
  readonly #children: C[] = [];

  constructor(options: ChildrenOptions) {
    this.#options = options;
  }

  /** In order of spawning. The array lives. */
  get all(): readonly C[] {
    return this.#children;
  }

  add(child: C): void {
    this.#children.push(child);
  }

  remove(child: C): void {
    const index = this.#children.indexOf(child);
    if (index >= 0) this.#children.splice(index, 1);
  }

  /** A manager that starts early may call one that starts late: it waits. */
  announce(): void {
    for (const child of this.#children) child.announce();
  }

  heed(): void {
    for (const child of this.#children) child.heed();
  }

  /**
   * Opens each when the last one's endpoints are open; one may be added or drained while another starts. Rejects with what the
   * first of them failed with. One that is drained meanwhile has not failed.
   *
   * @param isStopping all of them are being stopped: then that has
   */
  async open(isStopping: () => boolean): Promise<void> {
    for (let child = this.#next(); child; child = this.#next()) await unlessDrained(child, child.open(), isStopping);
  }

  /** Resolves when each is ready, or open though degraded. */
  async ready(isStopping: () => boolean): Promise<void> {
    await Promise.all(this.#children.map((child) => unlessDrained(child, child.ready(), isStopping)));
  }

  /** Opens one that was added after the start. One that does not start is taken out again, as OTP's `start_child` has it. */
  async openLate(child: C): Promise<void> {
    try {
      await child.open();
    } catch (error) {
      await child.stop();
      this.remove(child);
      throw error;
    }
  }

  /**
   * Stops them in reverse order. What has not stopped in time is told by name, and terminated. Never rejects.
   *
   * @param before what they are opened with, where that has not ended: nothing is stopped before it has
   */
  async stop(
    withinMs: number,
    before: { readonly name: string; readonly ended: Promise<void> } | undefined,
  ): Promise<void> {
    const { clock, log } = this.#options;
    let waiting = before !== undefined;
    const stopped = (async () => {
      // Otherwise the last one is told at once: a call that comes after the stop was asked for is refused.
      if (before) await before.ended.catch(() => undefined);
      waiting = false;
      for (const child of [...this.#children].reverse()) await child.stop();
    })();
    if (await withTimeout(clock, withinMs, stopped)) return;
    const left = this.#children.filter(({ alive }) => alive).map(({ key }) => key);
    if (waiting) left.push(before!.name);
    log.warn({ left, withinMs }, "shutdown timed out; terminating remaining managers");
    const late = ({ key }: C) => reeveError("NOT_SERVING", `${key} did not stop in time`);
    await Promise.all(this.#children.map((child) => child.terminate(late(child))));
  }

  #next(): C | undefined {
    return this.#children.find(({ state }) => state === "absent");
  }
}

/** A manager that somebody drains while it starts is no failure of the start. */
async function unlessDrained(child: OrderedChild, started: Promise<void>, isStopping: () => boolean): Promise<void> {
  try {
    await started;
  } catch (error) {
    if (isStopping() || !isLeaving(child.state)) throw error;
  }
}
