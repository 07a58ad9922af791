/** Of one method, since the driver was attached. */
export interface MethodCounters {
  readonly calls: number;
  readonly errors: number;
  /** From the slot to the answer; waiting for a slot is not in it. */
  readonly totalMs: number;
  readonly maxMs: number;
}

export interface DriverCounters {
  /** By method; those of an ability as `snapshots.create`. Only methods that were called. */
  readonly methods: Readonly<Record<string, MethodCounters>>;
  readonly running: number;
  readonly waiting: number;
  /** Calls that ignored their abort and still hold a slot. */
  readonly hung: number;
  readonly setups: number;
  readonly failedSetups: number;
  readonly losses: number;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** What a driver's calls and set-ups added up to. */
export class DriverStats {
  readonly #methods = new Map<string, Writable<MethodCounters>>();
  running = 0;
  waiting = 0;
  hung = 0;
  setups = 0;
  failedSetups = 0;
  losses = 0;

  count(method: string, ms: number, failed: boolean): void {
    const counters = this.#methods.get(method) ?? { calls: 0, errors: 0, totalMs: 0, maxMs: 0 };
    this.#methods.set(method, counters);
    counters.calls++;
    if (failed) counters.errors++;
    counters.totalMs += ms;
    counters.maxMs = Math.max(counters.maxMs, ms);
  }

  snapshot(): DriverCounters {
    const { running, waiting, hung, setups, failedSetups, losses } = this;
    const methods = Object.fromEntries([...this.#methods].map(([name, counters]) => [name, { ...counters }]));
    return { methods, running, waiting, hung, setups, failedSetups, losses };
  }
}
