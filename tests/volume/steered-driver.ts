import type { BoundMethods, Driver, DriverSession, TransferCall } from "@reeve/driver-sdk";
import type { VolumeDriverPort } from "@reeve/driver-sdk/volume";

/** Where a call is stopped: before the driver has done anything, or when it has done everything. */
export type Moment = "before" | "after";

/** A stop on the way of one method's calls. */
export interface Hold {
  /** Resolves when a call has come to the stop. */
  readonly reached: Promise<void>;
  /** How many calls have come to it. */
  arrived(): number;
  release(): void;
}

interface Stop {
  readonly method: string;
  readonly moment: Moment;
  act(call: TransferCall): Promise<void>;
}

/** A real driver whose calls a test can hold up or fail at either end. Calls held up end when they are aborted, as a crash wants it. */
export class SteeredDriver {
  readonly driver: Driver<VolumeDriverPort>;
  /** Calls that reached the driver, by method: `create`, `snapshots.create`. */
  readonly calls: string[] = [];
  #stops: Stop[] = [];
  readonly #changes = new Set<readonly [method: string, change: (answer: any) => unknown]>();
  /** Methods that do not hear their abort. */
  readonly #deaf = new Set<string>();

  constructor(inner: Driver<VolumeDriverPort>) {
    this.driver = { ...inner, setup: async (context) => this.#steer(await inner.setup(context)) };
  }

  /** As `hold`, but the calls do not heed their abort: they go on when released, and take effect late. */
  defy(method: string, moment: Moment): Hold {
    return this.#hold(method, moment, true);
  }

  hold(method: string, moment: Moment): Hold {
    return this.#hold(method, moment, false);
  }

  #hold(method: string, moment: Moment, deaf: boolean): Hold {
    if (deaf) this.#deaf.add(method);
    const reached = Promise.withResolvers<void>();
    const released = Promise.withResolvers<void>();
    let arrived = 0;
    const act = async ({ signal }: TransferCall) => {
      reached.resolve();
      arrived++;
      await (deaf ? released.promise : Promise.race([released.promise, aborted(signal)]));
    };
    const stop = { method, moment, act };
    this.#stops.push(stop);
    const release = () => {
      this.#stops = this.#stops.filter((candidate) => candidate !== stop);
      released.resolve();
    };
    return { reached: reached.promise, arrived: () => arrived, release };
  }

  /** Every call of a method fails until what it returns is called. */
  fail(method: string, moment: Moment, error: () => Error): () => void {
    const act = async () => {
      throw error();
    };
    const stop = { method, moment, act };
    this.#stops.push(stop);
    return () => {
      this.#stops = this.#stops.filter((candidate) => candidate !== stop);
    };
  }

  /** Lets go of whatever fails, holds up or alters calls. Those that are held up go on being so. */
  clear(): void {
    this.#stops = [];
    this.#changes.clear();
  }

  /** The next call of a method fails, and no other. */
  failOnce(method: string, moment: Moment, error: () => Error): void {
    const again = this.fail(method, moment, () => {
      again();
      return error();
    });
  }

  /** Every call of a method answers with what is made of its answer, until what it returns is called. */
  alter(method: string, change: (answer: any) => unknown): () => void {
    const entry = [method, change] as const;
    this.#changes.add(entry);
    return () => void this.#changes.delete(entry);
  }

  #steer(session: DriverSession): DriverSession {
    const abilities = Object.entries(session.abilities).map(([ability, methods]) => [
      ability,
      this.#steerAll(methods, `${ability}.`),
    ]);
    const { stats } = this.#steerAll({ stats: (_input, call) => session.stats!(call) }, "");
    return {
      ...session,
      methods: this.#steerAll(session.methods, ""),
      abilities: Object.fromEntries(abilities),
      stats: async (call) => stats!(undefined, { ...call, progress: () => {} }),
    };
  }

  #steerAll(methods: BoundMethods, prefix: string): BoundMethods {
    const steered = Object.entries(methods).map(([name, method]) => {
      const full = `${prefix}${name}`;
      const call = (input: unknown, context: TransferCall) => method(input, context);
      return [name, full === "images.export" ? this.#stream(full, call) : this.#call(full, call)];
    });
    return Object.fromEntries(steered);
  }

  #call(name: string, method: BoundMethods[string]): BoundMethods[string] {
    return async (input, call) => {
      this.calls.push(name);
      await this.#pass(name, "before", call);
      // A deaf device takes no notice of an abort that came while it was held.
      const heard = this.#deaf.has(name) ? { ...call, signal: new AbortController().signal } : call;
      let answer = await method(input, heard);
      await this.#pass(name, "after", call);
      for (const [of, change] of this.#changes) if (of === name) answer = change(answer);
      return answer;
    };
  }

  #stream(name: string, method: BoundMethods[string]): BoundMethods[string] {
    const pass = (moment: Moment, call: TransferCall) => this.#pass(name, moment, call);
    const { calls } = this;
    return async function* (input, call) {
      calls.push(name);
      await pass("before", call);
      yield* method(input, call) as AsyncIterable<Uint8Array>;
      await pass("after", call);
    };
  }

  async #pass(method: string, moment: Moment, call: TransferCall): Promise<void> {
    for (const stop of this.#stops) if (stop.method === method && stop.moment === moment) await stop.act(call);
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
