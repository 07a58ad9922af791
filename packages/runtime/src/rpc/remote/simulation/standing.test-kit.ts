import { replaceableAfterMs, unnoticedMs } from "../../../base/loop-lag.ts";
import type { Random } from "../../../base/random.ts";
import type { CalleeProcess } from "./callee.test-kit.ts";
import type { CallerProcess } from "./caller.test-kit.ts";
import type { EventQueue } from "./event-queue.test-kit.ts";
import type { Scenario } from "./rules.test-kit.ts";

/** Between two heartbeats; what a heartbeat takes at most; and what it takes to look at the clocks. */
const everyMs = 2_000;
const wayMs = 400;
const turnMs = 1_000;
/** Where the rule is left out: as soon as it is suspect. */
const suspectMs = 3_000;

/** What the world does for processes that stand still. */
export interface StandingWorld {
  readonly events: EventQueue;
  readonly random: Random;
  readonly scenario: Scenario;
  readonly callers: readonly CallerProcess[];
  /** Another process, with a disk of its own, that listens at the same address. */
  startBeside(first: CalleeProcess): CalleeProcess;
  /** One of the two has the address from here on, and the other does not listen any more. */
  settle(holder: CalleeProcess, other: CalleeProcess | undefined): void;
}

/** Processes that stand still, for shorter and for longer than they notice it, while another one starts at their address. */
export class Standing {
  readonly #world: StandingWorld;
  readonly #still = new Set<number>();
  readonly #wentOnAt = new Map<CalleeProcess, number>();

  constructor(world: StandingWorld) {
    this.#world = world;
  }

  /** Nothing else happens to that address meanwhile. */
  at(address: number): boolean {
    return this.#still.has(address);
  }

  begin(first: CalleeProcess): void {
    const { events, random, scenario } = this.#world;
    // Whoever goes on says so first.
    const heardAt = Math.max(events.now - random() * everyMs, this.#wentOnAt.get(first) ?? 0);
    const forMs = 1_000 + random() * 13_000;
    const notices = forMs + random() * turnMs > unnoticedMs;
    this.#still.add(first.address);
    first.standStill();
    let second: CalleeProcess | undefined;
    let wentOnAt = Number.POSITIVE_INFINITY;
    // It asks in vain who is there, and listens.
    events.after(1_000 + random() * 4_000, () => {
      if (wentOnAt <= events.now) return;
      second = this.#world.startBeside(first);
      const afterMs =
        scenario.without === "an address is taken over after a long silence" ? suspectMs : replaceableAfterMs(everyMs);
      for (const caller of this.#world.callers) {
        const heardAgain = () => events.now >= wentOnAt + random() * wayMs;
        this.#replaceIn(caller, [first, second], { heardAt, afterMs, heardAgain });
      }
    });
    events.after(forMs, () => {
      wentOnAt = events.now;
      this.#goOn(first, second, notices);
    });
  }

  /** A caller lets the one that is heard have the place of the one that is not, unless it cannot hear itself. */
  #replaceIn(
    caller: CallerProcess,
    [first, second]: readonly [CalleeProcess, CalleeProcess],
    silence: { readonly heardAt: number; readonly afterMs: number; heardAgain(): boolean },
  ): void {
    const { events, random } = this.#world;
    const { breaks } = caller.link;
    const { heardAt } = silence;
    const inMs = Math.max(0, silence.heardAt + silence.afterMs - events.now) + random() * 500;
    events.after(inMs, () => {
      if (!caller.lives || silence.heardAgain()) return;
      if (!caller.link.up || caller.link.breaks !== breaks)
        return this.#replaceIn(caller, [first, second], { ...silence, heardAt: events.now });
      caller.gone(first.address, first.incarnation, heardAt);
      caller.heard(first.address, second);
    });
  }

  /** Where it notices, it asks who lives there before it takes in anything; where not, it goes on, and is believed: it has been there for longer. */
  #goOn(first: CalleeProcess, second: CalleeProcess | undefined, notices: boolean): void {
    this.#still.delete(first.address);
    this.#wentOnAt.set(first, this.#world.events.now);
    const loses = notices && second !== undefined;
    first.goOn(!loses);
    if (loses) this.#world.settle(second!, first);
    else this.#world.settle(first, second);
  }
}
