import { seededRandom } from "../../../base/random.ts";
import type { Repeat } from "../client/remote-call-state.ts";
import { CalleeProcess } from "./callee.test-kit.ts";
import { CallerProcess, type CallerWorld } from "./caller.test-kit.ts";
import { EventQueue } from "./event-queue.test-kit.ts";
import { Network } from "./network.test-kit.ts";
import type { Findings, Scenario } from "./rules.test-kit.ts";
import { SimulatedCall } from "./simulated-call.test-kit.ts";
import { Standing, type StandingWorld } from "./standing.test-kit.ts";

/** Between the beginnings of two calls. */
const paceMs = 15;
const repeats: readonly Repeat[] = ["never", "never", "never", "anywhere", "byKey"];

/** Runs one world to its end, and looks at what became of its calls. */
export function simulate(scenario: Scenario): Findings {
  const world = new World(scenario);
  world.run();
  return world.findings();
}

class World implements CallerWorld, StandingWorld {
  readonly events = new EventQueue();
  readonly random;
  readonly network;
  readonly scenario: Scenario;
  readonly addresses: readonly number[];
  readonly callers: CallerProcess[] = [];
  readonly #standing = new Standing(this);
  /** Who listens at an address of another, who stands still. */
  readonly #beside: (CalleeProcess | undefined)[] = [];
  readonly #callees: (CalleeProcess | undefined)[] = [];
  readonly #past: CalleeProcess[] = [];
  readonly #calls: { readonly call: SimulatedCall; readonly by: CallerProcess }[] = [];
  readonly #keys = new Map<string, Set<number>>();
  #incarnations = 0;
  #nonces = 0;
  #stores = 0;

  constructor(scenario: Scenario) {
    this.scenario = scenario;
    this.random = seededRandom(scenario.seed);
    this.network = new Network(this.events, this.random, scenario.stormy);
    this.addresses = Array.from({ length: scenario.callees }, (_, address) => address);
  }

  run(): void {
    const { callers, calls, stormy } = this.scenario;
    const until = calls * paceMs;
    for (let i = 0; i < callers; i++) this.#startCaller(i);
    for (const address of this.addresses) this.#startCallee(address, `store ${++this.#stores}`, 1);
    for (let id = 0; id < calls; id++) this.events.after(100 + id * paceMs, () => this.#call(id));
    if (stormy) {
      this.#storm(until);
      // Then all is well, and nothing more is lost.
      this.events.after(until, () => this.#calm());
    }
    this.events.runAll();
    for (const caller of this.callers) caller.acknowledge();
  }

  listening(address: number | undefined): readonly CalleeProcess[] {
    if (address !== undefined) return this.#reached(address);
    const there = this.addresses.flatMap((one) => this.#reached(one).slice(0, 1));
    return there.length === 0 ? [] : [there[Math.floor(this.random() * there.length)]!];
  }

  lives(incarnation: string): boolean {
    return this.#callees.some((callee) => callee?.lives && callee.incarnation === incarnation);
  }

  findings(): Findings {
    const told = this.#calls.filter(({ by }) => by.lives).map(({ call }) => call);
    const all = this.#calls.map(({ call }) => call);
    const outcomes: Record<string, number> = {};
    for (const call of told) outcomes[call.told ?? "none"] = (outcomes[call.told ?? "none"] ?? 0) + 1;
    const unsettled = told.filter(({ told, toldAt, deadlineAt }) => told === undefined || toldAt > deadlineAt);
    const callees = [...this.#past, ...this.#callees.filter((callee) => callee !== undefined)];
    const living = this.#callees.filter((callee) => callee !== undefined);
    const prefixes = this.callers.filter(({ lives }) => lives).flatMap((caller) => caller.prefixes);
    const kept = living.flatMap((callee) => prefixes.map((prefix) => callee.keptFor(prefix)));
    const wrong = all.find((call) => call.doubled) ?? told.find((call) => call.untrue) ?? unsettled[0];
    return {
      doubled: all.filter((call) => call.doubled).length,
      untrue: told.filter((call) => call.untrue).length,
      answersLost: told.filter((call) => call.answerLost).length,
      unsettled: unsettled.length,
      mostKept: Math.max(...callees.map(({ mostKept }) => mostKept)),
      mostIntervals: Math.max(...callees.map(({ mostIntervals }) => mostIntervals)),
      keptAtEnd: kept.reduce((sum, one) => sum + one, 0),
      outcomes,
      first: wrong && JSON.stringify(wrong),
    };
  }

  startBeside(first: CalleeProcess): CalleeProcess {
    const second = this.#newCallee(first.address, `store ${++this.#stores}`, 1);
    this.#beside[first.address] = second;
    return second;
  }

  settle(holder: CalleeProcess, other: CalleeProcess | undefined): void {
    const { address, incarnation, store } = holder;
    this.#beside[address] = undefined;
    this.#callees[address] = holder;
    if (!other) return;
    this.#past.push(other);
    this.#later(300, (caller) => this.#callees[address] === holder && caller.heard(address, { incarnation, store }));
  }

  #reached(address: number): readonly CalleeProcess[] {
    const there = [this.#callees[address], this.#beside[address]].filter((callee) => callee !== undefined);
    return there.filter(({ lives, link }) => lives && link.up);
  }

  #call(id: number): void {
    const by = this.callers[Math.floor(this.random() * this.callers.length)]!;
    const repeat = repeats[Math.floor(this.random() * repeats.length)]!;
    const address = Math.floor(this.random() * this.addresses.length);
    const call = new SimulatedCall(id, repeat, address, this.events.now + 500 + this.random() * 12_000);
    // A key is known to one store: such a call goes to an address.
    call.byGroup = repeat !== "byKey" && this.random() < 0.1;
    this.#calls.push({ call, by });
    by.begin(call);
    if (this.random() < 0.08) this.events.after(this.random() * 2_000, () => by.cancel(call));
  }

  #startCaller(index: number): void {
    const caller = new CallerProcess(this, `n${++this.#nonces}`);
    this.callers[index] = caller;
    for (const address of this.addresses) {
      // Who stands still does not answer.
      const there = this.#beside[address] ?? (this.#standing.at(address) ? undefined : this.#callees[address]);
      if (there?.lives) caller.heard(address, there);
    }
  }

  #startCallee(address: number, store: string, epoch: number): void {
    const callee = this.#newCallee(address, store, epoch);
    const { incarnation } = callee;
    this.#callees[address] = callee;
    this.#later(300, (caller) => callee.lives && caller.heard(address, { incarnation, store }));
  }

  #newCallee(address: number, store: string, epoch: number): CalleeProcess {
    const random = this.scenario.without !== "an incarnation is a random id";
    const incarnation = random ? `${address} i${++this.#incarnations}` : `${address} e${epoch}`;
    const keys = this.#keys.get(store) ?? new Set();
    this.#keys.set(store, keys);
    const callee = new CalleeProcess(this, { address, incarnation, store, keys });
    callee.link.onChange((up) => {
      if (up) this.#later(200, (caller) => callee.lives && caller.calleeReconnected(incarnation));
    });
    this.#epochs.set(callee, epoch);
    return callee;
  }

  readonly #epochs = new Map<CalleeProcess, number>();

  /** Each caller learns of it at a time of its own. */
  #later(withinMs: number, tell: (caller: CallerProcess) => unknown): void {
    for (const caller of this.callers) this.events.after(this.random() * withinMs, () => caller.lives && tell(caller));
  }

  #storm(until: number): void {
    const again = (everyMs: number, happens: () => unknown) => {
      const next = this.random() * 2 * everyMs;
      if (this.events.now + next >= until) return;
      this.events.after(next, () => {
        happens();
        again(everyMs, happens);
      });
    };
    for (const address of this.addresses) {
      again(1_500, () => !this.#standing.at(address) && this.#breaks(this.#callees[address]?.link));
      again(4_000, () => this.#dies(address));
      if (this.scenario.standing) again(1_500, () => this.#stands(address));
    }
    for (let index = 0; index < this.scenario.callers; index++) {
      again(1_500, () => this.#breaks(this.callers[index]!.link));
      again(9_000, () => this.#restarts(index));
    }
  }

  #breaks(link: { break(): void; heal(): void } | undefined): void {
    link?.break();
    this.events.after(20 + this.random() ** 3 * 4_000, () => link?.heal());
  }

  #dies(address: number): void {
    const callee = this.#callees[address];
    if (!callee?.lives || this.#standing.at(address)) return;
    callee.lives = false;
    this.#past.push(callee);
    this.#later(1_500, (caller) => caller.gone(address, callee.incarnation));
    const epoch = this.#epochs.get(callee)!;
    const replaced = this.random() < (this.scenario.replaced ?? 0.3);
    this.events.after(50 + this.random() * 2_000, () => {
      if (replaced) this.#startCallee(address, `store ${++this.#stores}`, 1);
      else this.#startCallee(address, callee.store, epoch + 1);
    });
  }

  #stands(address: number): void {
    const callee = this.#callees[address];
    if (callee?.lives && callee.link.up && !this.#standing.at(address)) this.#standing.begin(callee);
  }

  /** Its calls are nobody's any more; another process calls by the same name. */
  #restarts(index: number): void {
    const caller = this.callers[index]!;
    caller.lives = false;
    this.#startCaller(index);
  }

  #calm(): void {
    for (const caller of this.callers) caller.link.heal();
    for (const callee of this.#callees) callee?.link.heal();
  }
}
