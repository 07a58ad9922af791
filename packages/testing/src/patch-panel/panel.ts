import { setImmediate as nextTurn } from "node:timers/promises";
import { CommandTraps, type SetTrap } from "./command-traps.ts";
import { changed, type PanelCommand, textOf } from "./panel-command.ts";
import type { PanelMemory } from "./panel-memory.ts";
import type { PanelConfiguration, PanelState } from "./panel-state.ts";

/** The panel is away. */
export class PanelUnreachable extends Error {
  override readonly name = "PanelUnreachable";
}

/** The connection broke, or the panel failed: whether the command was done is unknown. */
export class PanelFailure extends Error {
  override readonly name = "PanelFailure";
}

/**
 * The device: one configuration, changed by one command at a time. Commands of all connections interleave, and what one changed
 * stays changed, whatever becomes of the next.
 */
export class Panel {
  readonly memory: PanelMemory;
  readonly traps = new CommandTraps();
  /** Told after each change. */
  readonly watchers = new Set<(now: PanelState) => void>();
  #sent = 0;

  constructor(memory: PanelMemory) {
    this.memory = memory;
  }

  /** How many commands came through this process, those that read too. */
  get sent(): number {
    return this.#sent;
  }

  /** Reads all that there is. */
  async show(signal: AbortSignal): Promise<PanelState> {
    return this.#exchange("show", signal, () => this.memory.read());
  }

  /** Makes one change. */
  async send(command: PanelCommand, signal: AbortSignal): Promise<void> {
    await this.#exchange(textOf(command), signal, () => this.edit((now) => changed(now, command)));
  }

  /** Keeps what is over a restart. */
  async save(signal: AbortSignal): Promise<void> {
    await this.#exchange("save", signal, () => this.#update((now) => ({ ...now, startup: configurationOf(now) })));
  }

  /** A change that comes from nowhere: an operator's, with no fault and no word in the log. */
  edit(change: (now: PanelConfiguration) => PanelConfiguration): void {
    this.#update((now) => ({ ...now, ...change(configurationOf(now)) }));
  }

  restart(): void {
    this.#update((now) => ({ ...now, ...now.startup, boot: now.boot + 1 }));
  }

  reach(reachable: boolean): void {
    this.#update((now) => ({ ...now, reachable }));
  }

  async #exchange<T>(text: string, signal: AbortSignal, act: () => T): Promise<T> {
    signal.throwIfAborted();
    this.#sent++;
    const trap = this.traps.take(text);
    const perform = () => {
      if (text !== "show") this.memory.record(text);
      return act();
    };
    await nextTurn();
    if (trap) return this.#befall(trap, text, signal, perform);
    signal.throwIfAborted();
    this.#requireReachable();
    return perform();
  }

  async #befall<T>(trap: SetTrap, text: string, signal: AbortSignal, perform: () => T): Promise<T> {
    const { fate } = trap;
    switch (fate.kind) {
      case "hold":
        trap.strike(text);
        await unlessAborted(trap.released, signal);
        this.#requireReachable();
        return perform();
      case "refuse":
        trap.strike(text);
        throw new PanelFailure(`${text}: the panel failed`);
      case "lose":
        perform();
        trap.strike(text);
        throw new PanelFailure(`${text}: the connection broke`);
      case "hang":
        perform();
        trap.strike(text);
        return unlessAborted(new Promise<never>(() => {}), signal);
      case "late":
        trap.strike(text);
        return unlessAborted(trap.released.then(perform), signal);
      case "act": {
        trap.strike(text);
        await fate.act(text);
        const answer = perform();
        signal.throwIfAborted();
        return answer;
      }
    }
  }

  #requireReachable(): void {
    if (!this.memory.read().reachable) throw new PanelUnreachable("the panel does not answer");
  }

  #update(change: (now: PanelState) => PanelState): void {
    const now = this.memory.update(change);
    for (const watcher of this.watchers) watcher(now);
  }
}

export function configurationOf({ lines, plugs, sockets, namespaces }: PanelConfiguration): PanelConfiguration {
  return { lines, plugs, sockets, namespaces };
}

async function unlessAborted<T>(waited: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([waited, promise]);
  } finally {
    signal.removeEventListener("abort", abort);
    waited.catch(() => {});
  }
}
