import { type DriverError, defineDriver, driverPort, method, query } from "@reeve/driver-sdk";
import { z } from "zod";

export interface SlotKey {
  readonly id: string;
}

/** What the slot manager needs of a rack. A slot is taken whole or not at all. */
export const rackDriver = driverPort("rack", {
  version: "1.0",
  methods: {
    /** Takes units for a slot; twice is once. */
    take: method<SlotKey & { readonly units: number }>(),
    /** Gives a slot's units back. Succeeds when it has none. */
    free: method<SlotKey>(),
    /** The ids of the slots that are taken. */
    list: query<readonly string[]>(),
  },
});

type Moment = "before" | "after";

/** A rack that a test holds up or makes fail: before a call has done anything, or after it has. */
export class Rack {
  /** Units by slot. */
  readonly taken = new Map<string, number>();
  readonly #stops = new Map<string, () => Promise<void>>();

  /** Every call of the method fails at that moment, until what it returns is called. */
  fail(name: string, moment: Moment, error: DriverError): () => void {
    return this.#stop(name, moment, () => Promise.reject(error));
  }

  /** Calls of the method come to rest at that moment, until they are aborted or released. */
  hold(name: string, moment: Moment) {
    const reached = Promise.withResolvers<void>();
    const released = Promise.withResolvers<void>();
    const forget = this.#stop(name, moment, () => {
      reached.resolve();
      return released.promise;
    });
    const release = () => {
      forget();
      released.resolve();
    };
    return { reached: reached.promise, release };
  }

  async call<R>(name: string, signal: AbortSignal, act: () => R): Promise<R> {
    await this.#pass(name, "before", signal);
    const answer = act();
    await this.#pass(name, "after", signal);
    return answer;
  }

  #stop(name: string, moment: Moment, stop: () => Promise<void>): () => void {
    const key = `${name} ${moment}`;
    this.#stops.set(key, stop);
    return () => void this.#stops.delete(key);
  }

  async #pass(name: string, moment: Moment, signal: AbortSignal): Promise<void> {
    const stop = this.#stops.get(`${name} ${moment}`);
    if (!stop) return;
    const aborted = new Promise<never>((_, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    });
    await Promise.race([stop(), aborted]);
  }
}

export const rackOf = defineDriver(rackDriver, {
  name: "steered-rack",
  options: z.object({ rack: z.instanceof(Rack) }),
  setup: ({ rack }) => rack,
  methods: {
    take: (rack, { id, units }, { signal }) => rack.call("take", signal, () => void rack.taken.set(id, units)),
    free: (rack, { id }, { signal }) => rack.call("free", signal, () => void rack.taken.delete(id)),
    list: (rack, { signal }) => rack.call("list", signal, () => [...rack.taken.keys()]),
  },
});
