/** Which command: the n-th that is sent from now on, from 1, or the next whose text matches. `show` is the text of what only reads. */
export type CommandSelector = number | RegExp;

/** What befalls a command. */
export type Fate =
  /** It waits, and is done once it is released; a signal that aborts meanwhile takes it back. */
  | { readonly kind: "hold" }
  /** It is not done, and fails. */
  | { readonly kind: "refuse" }
  /** It is done, and fails. */
  | { readonly kind: "lose" }
  /** It is done, and no answer comes until the signal aborts. */
  | { readonly kind: "hang" }
  /** No answer comes until the signal aborts, and it is done once it is released, whether anybody waits for it or not. */
  | { readonly kind: "late" }
  /** It is done, and answered; `act` runs just before. */
  | { readonly kind: "act"; readonly act: (command: string) => Promise<void> | void };

/** A trap that waits for its command. */
export interface Trap {
  /** Whether a command has come. */
  readonly struck: boolean;
  /** Resolves with the command's text once it has come; that of `hang` and `lose` has taken effect by then. */
  readonly reached: Promise<string>;
  /** Lets what is held, or late, go on; does nothing to others. */
  release(): void;
  /** Takes the trap away unless it has struck. */
  disarm(): void;
}

export interface SetTrap extends Trap {
  readonly fate: Fate;
  readonly released: Promise<void>;
  strike(command: string): void;
}

/** Traps that wait for commands. */
export class CommandTraps {
  readonly #waiting = new Map<SetTrap, { selector: CommandSelector; left: number }>();

  set(selector: CommandSelector, fate: Fate): Trap {
    const reached = Promise.withResolvers<string>();
    const released = Promise.withResolvers<void>();
    let struck = false;
    const trap: SetTrap = {
      fate,
      released: released.promise,
      reached: reached.promise,
      get struck() {
        return struck;
      },
      release: () => released.resolve(),
      disarm: () => void this.#waiting.delete(trap),
      strike(command) {
        struck = true;
        reached.resolve(command);
      },
    };
    this.#waiting.set(trap, { selector, left: typeof selector === "number" ? selector : 1 });
    return trap;
  }

  /** The trap that this command falls into, if any; it waits for no other then. */
  take(command: string): SetTrap | undefined {
    let fallen: SetTrap | undefined;
    for (const [trap, waiting] of this.#waiting) {
      if (waiting.selector instanceof RegExp ? !waiting.selector.test(command) : --waiting.left > 0) continue;
      if (fallen) continue;
      fallen = trap;
      this.#waiting.delete(trap);
    }
    return fallen;
  }
}
