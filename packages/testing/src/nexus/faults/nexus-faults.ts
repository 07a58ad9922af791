import { seededRandom } from "@reeve/runtime/internal";
import type { Random } from "@reeve/runtime/transport";
import { requireKnownNames } from "../../options/known-names.ts";

/**
 * What can happen to a request, in the order in which it would: before its commands are executed, between, or to the answer.
 *
 * - `reset-before-execution`: the connection is reset, nothing was executed.
 * - `unauthorized`, `forbidden`, `bad-gateway`: 401, 403 or 502 as HTML, nothing was executed.
 * - `no-session`: rejected as if the session pool were empty.
 * - `reload-before-execution`: the switch reloads instead.
 * - `duplicate`: a proxy sends it twice; both are executed, the client gets the second answer.
 * - `reload-before-answer`: it was executed, and the switch reloads.
 * - `reset-before-answer`, `bad-gateway-after-execution`: it was executed, the client is not told.
 * - `banner-before-answer`: a line of the switch's banner stands before the JSON.
 * - `reset-within-answer`: half of the answer, then a reset. `truncated-answer`: half of the answer, as if it were all of it.
 */
export type NexusFaultKind = (typeof faultKinds)[number];

const faultKinds = [
  "reset-before-execution",
  "unauthorized",
  "forbidden",
  "bad-gateway",
  "no-session",
  "reload-before-execution",
  "duplicate",
  "reload-before-answer",
  "reset-before-answer",
  "bad-gateway-after-execution",
  "banner-before-answer",
  "reset-within-answer",
  "truncated-answer",
] as const;

/** Which requests, or commands, a fault befalls. */
export interface NexusFaultScope {
  /** Those with a command that matches. Default all. */
  readonly command?: RegExp;
  /** How often. Default once; with `probability` without end. */
  readonly times?: number;
  /** From 0 to 1, drawn from the simulator's seed. Default 1. */
  readonly probability?: number;
}

/** A fault that is in force. */
export interface NexusFault {
  /** How many requests or commands it has befallen. */
  readonly hits: number;
  stop(): void;
}

/** Requests that are held: their clients may give up, the commands are executed all the same once they are released. */
export interface NexusHold extends NexusFault {
  /** How many are held now. */
  readonly held: number;
  /** Resolves when one is held. */
  readonly reached: Promise<void>;
  /** Lets go of all that are held, and holds no more. */
  release(): void;
}

interface Active {
  readonly fault: ActiveFault;
  readonly point: Point;
}

type Point =
  | { readonly at: "request"; readonly kind: NexusFaultKind }
  | { readonly at: "execution" | "answer"; readonly hold: ActiveHold }
  | { readonly at: "command"; readonly refuse: string }
  | { readonly at: "command"; readonly action: (command: string) => unknown };

/** What goes wrong at a switch, by hand and by seed; each fault lasts until it has befallen its number or is stopped. */
export class NexusFaults {
  readonly seed: number;
  readonly #random: Random;
  readonly #print: (line: string) => void;
  readonly #active = new Set<Active>();
  readonly #holds = new Set<NexusHold>();
  #told = false;

  /** @internal */
  constructor(seed: number, print: (line: string) => void) {
    this.seed = seed;
    this.#random = seededRandom(seed);
    this.#print = print;
  }

  /**
   * Makes a fault befall requests.
   *
   * @throws RangeError that names the kind, or what of the scope is wrong
   * @example
   * ```ts
   * nexus.faults.add("reset-before-answer", { command: /^vlan 7$/ });
   * ```
   */
  add(kind: NexusFaultKind, scope: NexusFaultScope = {}): NexusFault {
    if (!faultKinds.includes(kind))
      throw new RangeError(`kind: expected one of ${faultKinds.join(", ")}, got ${JSON.stringify(kind)}`);
    return this.#add(scope, { at: "request", kind });
  }

  /** Holds requests before their commands are executed, or with the answer ready: the client's deadline passes meanwhile. */
  hold(at: "execution" | "answer", scope: NexusFaultScope = {}): NexusHold {
    const hold = new ActiveHold();
    const fault = this.#add(scope, { at, hold });
    hold.attach(fault);
    this.#holds.add(hold);
    return hold;
  }

  /** Refuses commands with these words, in the middle of a batch as anywhere. */
  refuse(command: RegExp, message = "% Invalid command", scope: Omit<NexusFaultScope, "command"> = {}): NexusFault {
    return this.#add({ ...scope, command }, { at: "command", refuse: message });
  }

  /** Does something before a command of NX-API takes its turn, and awaits it: the operator's edit, a reload. */
  before(
    command: RegExp,
    action: (command: string) => unknown,
    scope: Omit<NexusFaultScope, "command"> = {},
  ): NexusFault {
    return this.#add({ ...scope, command }, { at: "command", action });
  }

  /** Ends every fault, and lets go of what is held. */
  heal(): void {
    this.#active.clear();
    for (const hold of this.#holds) hold.release();
    this.#holds.clear();
  }

  /** @internal One of several, by the seed. */
  chooseOf<Choice>(choices: readonly Choice[]): Choice {
    return choices[Math.floor(this.#random() * choices.length)] as Choice;
  }

  /** @internal The kinds that befall a request with these commands. */
  requestFaults(commands: readonly string[]): Set<NexusFaultKind> {
    const kinds = new Set<NexusFaultKind>();
    for (const { fault, point } of this.#active) {
      if (point.at === "request" && fault.befalls(commands)) kinds.add(point.kind);
    }
    return kinds;
  }

  /** @internal */
  async held(at: "execution" | "answer", commands: readonly string[]): Promise<void> {
    for (const { fault, point } of [...this.#active]) {
      if (point.at === at && fault.befalls(commands)) await point.hold.wait();
    }
  }

  /** @internal */
  refusal(command: string): string | undefined {
    for (const { fault, point } of this.#active) {
      if ("refuse" in point && fault.befalls([command])) return point.refuse;
    }
  }

  /** @internal */
  async beforeCommand(command: string): Promise<void> {
    for (const { fault, point } of [...this.#active]) {
      if ("action" in point && fault.befalls([command])) await point.action(command);
    }
  }

  #add(scope: NexusFaultScope, point: Point): NexusFault {
    const { probability } = scope;
    if (probability !== undefined && !this.#told) {
      this.#told = true;
      this.#print(`nexus seed ${this.seed}; REEVE_FAULT_SEED=${this.seed} repeats the run`);
    }
    const active: Active = { fault: new ActiveFault(scope, this.#random, () => this.#active.delete(active)), point };
    this.#active.add(active);
    return active.fault;
  }
}

class ActiveFault implements NexusFault {
  hits = 0;
  readonly #scope: NexusFaultScope;
  readonly #random: Random;
  readonly #onStop: () => void;
  readonly #times: number;

  constructor(scope: NexusFaultScope, random: Random, onStop: () => void) {
    requireKnownNames("scope", scope, ["command", "times", "probability"]);
    const { probability = 1, times = scope.probability === undefined ? 1 : Number.POSITIVE_INFINITY } = scope;
    if (!(probability >= 0 && probability <= 1))
      throw new RangeError(`probability: expected 0 to 1, got ${probability}`);
    if (!(times >= 1)) throw new RangeError(`times: expected 1 or more, got ${times}`);
    this.#scope = scope;
    this.#random = random;
    this.#onStop = onStop;
    this.#times = times;
  }

  befalls(commands: readonly string[]): boolean {
    const { command, probability = 1 } = this.#scope;
    if (command && !commands.some((each) => command.test(each))) return false;
    // One draw for each request or command in scope and no other, so that a seed repeats a run.
    if (probability < 1 && this.#random() >= probability) return false;
    this.hits += 1;
    if (this.hits >= this.#times) this.stop();
    return true;
  }

  stop(): void {
    this.#onStop();
  }
}

class ActiveHold implements NexusHold {
  held = 0;
  readonly #reached = Promise.withResolvers<void>();
  readonly #released = Promise.withResolvers<void>();
  #fault: NexusFault | undefined;

  attach(fault: NexusFault): void {
    this.#fault = fault;
  }

  get hits(): number {
    return this.#fault?.hits ?? 0;
  }

  get reached(): Promise<void> {
    return this.#reached.promise;
  }

  async wait(): Promise<void> {
    this.held += 1;
    this.#reached.resolve();
    await this.#released.promise;
    this.held -= 1;
  }

  release(): void {
    this.stop();
    this.#released.resolve();
  }

  stop(): void {
    this.#fault?.stop();
  }
}
