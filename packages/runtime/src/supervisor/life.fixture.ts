import { call, contract, reeveError } from "@reeve/contract";
import { z } from "zod";
import { ManualClock } from "../base/manual-clock.ts";
import { type LifecycleState, type LifecycleStatus, unborn } from "../lifecycle/status.ts";
import { defineManager } from "../manager/definition.ts";
import { managerSpec } from "../manager/spawn-options.ts";
import type { ReceivedCall } from "../rpc/callee/received-call.ts";
import type { LocalTarget } from "../rpc/caller/routed-call.ts";
import { recordingLogger } from "../telemetry/index.ts";
import { Child, type ChildHost } from "./child.ts";
import type { Life, LifeCommand, LifeObserver } from "./life.ts";
import type { LostAddress, Vacancies, VacantAddress } from "./vacancy.ts";

const bells = contract("bell", "1.0", { ring: call({ input: z.object({}), output: z.string() }) });
const definition = defineManager({ contract: bells, setup: () => ({ operations: { ring: () => "ding" } }) });

/** A life that is a plain object: it does what the test says, and remembers what it was told. */
export class PlainLife implements Life {
  readonly kept = undefined;
  readonly driver = undefined;
  readonly refusedConfig = undefined;
  readonly load = { inFlight: 0, queued: 0 };
  readonly counters = { calls: 0, errors: 0 };
  readonly panels = [];
  readonly calls = () => [];
  readonly details = async () => ({ own: undefined, periodic: {}, driver: undefined, work: undefined });
  readonly heedCordon = () => {};
  readonly commands: LifeCommand["type"][] = [];
  readonly delivered: ReceivedCall[] = [];
  /** It heeds what it is told only later. */
  busy = false;
  /** What closing one thing may take, as it was said; undefined until then. */
  closingMs: number | "as usual" | undefined;
  readonly #observer: LifeObserver;
  readonly #closed = Promise.withResolvers<void>();
  #status: LifecycleStatus = unborn;

  readonly epoch: number;

  constructor(epoch: number, observer: LifeObserver) {
    this.epoch = epoch;
    this.#observer = observer;
    observer.begun(this);
    this.tell("booting");
  }

  get state(): LifecycleState {
    return this.#status.state;
  }

  get canServe(): boolean {
    return this.#status.state === "serving";
  }

  tell(state: LifecycleState, failure?: unknown): void {
    const phase = state === "serving" ? "ready" : undefined;
    this.#status = { ...unborn, state, phase, failure };
    this.#observer.changed(this, this.#status);
  }

  /** It has opened. */
  open(): void {
    this.tell("serving");
  }

  /** It fails, in its boot or later. */
  fail(error: unknown = new Error("broken")): void {
    this.tell(this.#status.state === "booting" ? "failed" : "stopped", error);
  }

  /** Another process has taken its address. */
  fence(): void {
    this.fail(
      reeveError("FENCED", "somebody else is there", { data: { epoch: this.epoch, successor: this.epoch + 1 } }),
    );
  }

  /** It has let go of everything. */
  async close(): Promise<void> {
    this.#closed.resolve();
    await settled();
  }

  command(command: LifeCommand): void {
    this.commands.push(command.type);
    if (this.busy) return;
    if (command.type === "kill") this.tell("stopped", command.error);
    if (command.type === "drain") this.tell("draining");
  }

  deliver(call: ReceivedCall): void {
    this.delivered.push(call);
  }

  ended(eachMs?: number): Promise<void> {
    this.closingMs = eachMs ?? "as usual";
    return this.#closed.promise;
  }

  running() {
    return [];
  }

  failedWork() {
    return new Map();
  }

  held() {
    return [];
  }

  inspect() {
    return undefined;
  }

  cleanUp(): never {
    throw new Error("nothing to clean up");
  }

  abandon(): never {
    throw new Error("nothing to abandon");
  }
}

/** Lets what was resolved be noticed. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
}

interface PlainChildOptions {
  readonly maxRestarts?: number;
  /** Whether it hears of other processes. Default false. */
  readonly hears?: boolean;
}

/** The address of a child that was superseded. */
interface PlainWait {
  readonly lost: LostAddress;
  readonly onVacant: (vacant: VacantAddress) => void;
}

/** A child whose lives are plain objects, and what round it there is to see. */
export function plainChild({ maxRestarts = 3, hears = false }: PlainChildOptions = {}) {
  const clock = new ManualClock();
  const log = recordingLogger();
  const lives: PlainLife[] = [];
  const listed = new Set<LocalTarget>();
  const gaveUp: unknown[] = [];
  const database = { fails: false };
  const waits = new Set<PlainWait>();
  const follows: (number | undefined)[] = [];
  const vacancies: Vacancies = {
    wait(lost, onVacant) {
      const wait = { lost, onVacant };
      waits.add(wait);
      return () => waits.delete(wait);
    },
  };
  const host: ChildHost = {
    policy: { clock, random: () => 1, maxRestarts, withinMs: 60_000, initialBackoffMs: 1_000, maxBackoffMs: 8_000 },
    log,
    directory: { add: (target) => listed.add(target), remove: (target) => listed.delete(target), changed: () => {} },
    lives: {
      begin(_, observer, after) {
        follows.push(after);
        lives.push(new PlainLife(lives.length + 1, observer));
      },
    },
    vacancies: hears ? vacancies : undefined,
    causesOf: () => [],
    storeFails: () => database.fails,
    gaveUp: (_, failure) => gaveUp.push(failure),
  };
  const child = new Child(managerSpec({ host: "a", cluster: undefined }, definition as never, {}), host);
  child.announce();
  return {
    ...{ child, clock, log, lives, gaveUp, database, waits, follows },
    get listed() {
      return listed.has(child);
    },
    /** The present life. */
    get life(): PlainLife {
      return lives.at(-1)!;
    },
    /** Whoever has superseded it is gone. */
    async vacant(vacant: VacantAddress) {
      const [wait] = waits;
      waits.delete(wait!);
      wait!.onVacant(vacant);
      await settled();
    },
    /** Starts it, and lets it open. */
    async run() {
      const opened = child.open();
      lives.at(-1)!.open();
      await opened;
    },
    /** The present life fails, and has closed. */
    async crash() {
      lives.at(-1)!.fail();
      await lives.at(-1)!.close();
    },
  };
}
