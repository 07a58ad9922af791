import { call, contract } from "@reeve/contract";
import {
  type AcquireLease,
  type Clock,
  column,
  createSupervisor,
  defineManager,
  defineStore,
  inProcess,
  type PeriodicTask,
  type Store,
  table,
} from "@reeve/runtime";
import { recordingLogger } from "@reeve/runtime/internal";
import { sqlite } from "@reeve/runtime/sqlite";
import { fakeClock, sharedStore } from "@reeve/testing";
import { onTestFinished } from "vitest";
import { z } from "zod";

export const chores = contract("chore", "1.0", { look: call({ input: z.object({}) }) });

export const choreStore = defineStore("chore", {
  tables: { marks: table({ id: column.text().primaryKey(), by: column.text() }) },
});

export interface Turn {
  readonly address: string;
  readonly signal: AbortSignal;
  readonly store: Store<typeof choreStore>;
}

interface Chore extends Omit<PeriodicTask<never>, "run"> {
  readonly run: (turn: Turn) => unknown;
}

/** A clock of one process: while that is paused, what falls due waits until it goes on. */
class ProcessClock implements Clock {
  paused = false;
  readonly #clock: Clock;
  readonly #overdue: (() => void)[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now = () => this.#clock.now();
  wallNow = () => this.#clock.wallNow();
  clearTimeout = (timer: unknown) => this.#clock.clearTimeout(timer);
  setTimeout = (callback: () => void, ms: number) =>
    this.#clock.setTimeout(() => {
      if (this.paused) this.#overdue.push(callback);
      else callback();
    }, ms);

  resume(): void {
    this.paused = false;
    for (const callback of this.#overdue.splice(0)) callback();
  }
}

/** Hosts of this process on one database, each with a manager that has one task. */
export function hosts({ cluster = "rack" as string | false } = {}) {
  const clock = fakeClock();
  const hub = inProcess();
  const store = sharedStore(sqlite({ path: ":memory:" }));
  // It outlives each host.
  const opened = store.open({ clock });
  onTestFinished(async () => (await opened).close());

  async function start(host: string, { run, ...task }: Chore) {
    const own = new ProcessClock(clock);
    const log = recordingLogger();
    const handles: { lease?: AcquireLease; store?: Store<typeof choreStore> } = {};
    const manager = defineManager({
      contract: chores,
      store: choreStore,
      limits: { drainTimeout: "10s" },
      setup: ({ lease, address, store: tables }) => {
        handles.lease = lease;
        handles.store = tables;
        return {
          operations: { look: () => {} },
          periodic: { sweep: { ...task, run: ({ signal }) => run({ address, signal, store: tables }) } },
        };
      },
    });
    const supervisor = createSupervisor({
      ...{ host, store, log, clock: own, random: () => 0.5 },
      cluster: cluster === false ? undefined : cluster,
      transport: hub.client({ caller: host }),
      restart: { initialBackoff: "10ms" },
    });
    supervisor.spawn(manager);
    await supervisor.start();
    supervisor.finished.catch(() => undefined);
    onTestFinished(async () => {
      own.resume();
      await settle(clock, supervisor.stop());
    });
    const pause = () => {
      own.paused = true;
    };
    return { supervisor, log, pause, resume: () => own.resume(), lease: handles.lease!, store: handles.store! };
  }

  return { clock, start };
}

/** Lets time pass until a promise has settled. */
export async function settle<T>(clock: ReturnType<typeof fakeClock>, promise: Promise<T>): Promise<T> {
  let over = false;
  const told = () => {
    over = true;
  };
  promise.then(told, told);
  for (let step = 0; step < 1_000 && !over; step++) await clock.advance(100);
  if (!over) throw new Error("it has not settled within 100 s");
  return promise;
}
