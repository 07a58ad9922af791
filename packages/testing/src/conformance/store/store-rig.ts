import assert from "node:assert/strict";
import type { Store, StoreBackend, StoreDefinition } from "@reeve/runtime";
import { Database, ManualClock, OpenStore } from "@reeve/runtime/internal";

/** An empty database. */
export interface StoreCandidate {
  readonly backend: StoreBackend;
  /** Whether it is there when it is opened again; false for one in memory. Default true. */
  readonly lasting?: boolean;
  /** Removes it. It is closed by then. */
  dispose?(): Promise<void>;
}

/** What the cases of one database work with. */
export class StoreRig {
  readonly clock = new ManualClock();
  readonly #make: () => Promise<StoreCandidate>;
  readonly #boundMs: number;
  readonly #databases: Database[] = [];
  readonly #candidates: StoreCandidate[] = [];

  constructor(make: () => Promise<StoreCandidate>, boundMs: number) {
    this.#make = make;
    this.#boundMs = boundMs;
  }

  /** Another empty database. */
  async candidate(): Promise<StoreCandidate> {
    const candidate = await this.#make();
    this.#candidates.push(candidate);
    return candidate;
  }

  async open({ backend }: StoreCandidate): Promise<Database> {
    const database = await Database.open(backend, { clock: this.clock });
    this.#databases.push(database);
    return database;
  }

  /** A store in an empty database, its tables made. */
  async store<D extends StoreDefinition>(definition: D): Promise<Store<D>> {
    return this.on(await this.open(await this.candidate()), definition);
  }

  async on<D extends StoreDefinition>(database: Database, definition: D): Promise<Store<D>> {
    await database.migrate(definition);
    return new OpenStore({ database, definition }).store;
  }

  /** @throws AssertionError when it takes longer than the bound */
  async within<T>(what: string, work: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const message = `${what} did not settle within ${this.#boundMs} ms`;
      timer = setTimeout(() => reject(new assert.AssertionError({ message })), this.#boundMs);
    });
    return Promise.race([work, late]).finally(() => clearTimeout(timer));
  }

  async close(): Promise<void> {
    for (const database of this.#databases) await database.close().catch(() => {});
    for (const candidate of this.#candidates) await candidate.dispose?.();
  }
}

/** @throws AssertionError unless it rejects with an error that has these properties */
export async function rejects(work: Promise<unknown>, expected: object, message?: string): Promise<void> {
  await assert.rejects(work, (error) => {
    for (const [name, value] of Object.entries(expected)) {
      const actual = (error as Record<string, unknown>)[name];
      if (value instanceof RegExp) assert.match(String(actual), value, message);
      else assert.deepEqual(actual, value, message ?? `${name} of ${String(error)}`);
    }
    return true;
  });
}
