import { reeveError } from "@reeve/contract";
import { ulids } from "../base/ids.ts";
import { ManualClock } from "../base/manual-clock.ts";
import { column, Database, defineRuntimeStore, type Session, type StoreBackend, table } from "../store/index.ts";
import { sqlite } from "../store/sqlite/index.ts";
import { recordingLogger } from "../telemetry/index.ts";
import { leaseStore } from "./lease-store.ts";
import { Leases } from "./leases.ts";

type Connections = Awaited<ReturnType<StoreBackend["open"]>>;

interface Incumbent {
  readonly manager: string;
  readonly address: string;
}

const epochStore = defineRuntimeStore("registry", {
  tables: {
    fence: table({
      manager: column.text().primaryKey(),
      address: column.text().primaryKey(),
      epoch: column.integer(),
    }),
  },
});

type EpochBuilders = ReturnType<typeof Database.prototype.within<typeof epochStore>>;

/** The epochs of incarnations, as the registry keeps them: it is above the leases, which know it by a port. */
class Epochs {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async fencePeerWithin(session: Session, { manager, address }: Incumbent): Promise<number> {
    const { epoch } = await this.#database
      .within(session, epochStore)
      .insertInto("fence")
      .values({ manager, address, epoch: 1 })
      .onConflict((known) =>
        known.columns(["manager", "address"]).doUpdateSet((row) => ({ epoch: row("fence.epoch", "+", 1) })),
      )
      .returning("epoch")
      .executeTakeFirstOrThrow();
    return epoch;
  }

  raiseEpoch(incumbent: Incumbent): Promise<number> {
    return this.#database.write((session) => this.fencePeerWithin(session, incumbent), { timeoutMs: 10_000 });
  }

  async isCurrent(incumbent: Incumbent, epoch: number): Promise<boolean> {
    return (await this.#epochOf(this.#database.reading(epochStore).builders, incumbent)) === epoch;
  }

  /** A new incarnation. */
  async register(incumbent: Incumbent) {
    const epoch = await this.raiseEpoch(incumbent);
    const fence = {
      begin: async (session: Session) => {
        const current = await this.#epochOf(this.#database.within(session, epochStore), incumbent);
        if (current !== epoch)
          throw reeveError("FENCED", "may not write any more", { data: { epoch, successor: current } });
      },
    };
    return { ...incumbent, epoch, fence };
  }

  async #epochOf(builders: EpochBuilders, { manager, address }: Incumbent): Promise<number> {
    const { epoch } = await builders
      .selectFrom("fence")
      .select("epoch")
      .where("manager", "=", manager)
      .where("address", "=", address)
      .executeTakeFirstOrThrow();
    return epoch;
  }
}

/** A clock of one process, whose wall time somebody sets. */
class ProcessClock extends ManualClock {
  offset = 0;
  override wallNow() {
    return super.wallNow() + this.offset;
  }
}

/** What a process's connection to the database does to it. */
export class Link {
  broken = false;
  /** Statements that were sent, by their first word. */
  readonly statements: string[] = [];
  commits = 0;
  #held: PromiseWithResolvers<void> | undefined;
  #heldAnswers: PromiseWithResolvers<void> | undefined;

  /** Questions wait before they reach the database. */
  hold(): () => void {
    this.#held = Promise.withResolvers();
    return this.#held.resolve;
  }

  /** Answers wait on their way back: what was asked is done. */
  holdAnswers(): () => void {
    this.#heldAnswers = Promise.withResolvers();
    return this.#heldAnswers.resolve;
  }

  over(connections: Connections): Connections {
    const through = async <R>(action: () => Promise<R>): Promise<R> => {
      await this.#held?.promise;
      if (this.broken) throw reeveError("STORE_FAILED", "the connection is broken", { retryable: true });
      const answer = await action();
      await this.#heldAnswers?.promise;
      // The question was carried out, and nobody hears of it.
      if (this.broken) throw reeveError("STORE_FAILED", "the connection broke", { outcome: "maybe-executed" });
      return answer;
    };
    return new Proxy(connections, {
      get: (target, name) => {
        if (name === "close") return async () => {};
        if (name === "now" || name === "read")
          return (...args: never[]) =>
            through(() => (target[name] as (...given: never[]) => Promise<unknown>)(...args));
        if (name !== "write") {
          const value: unknown = Reflect.get(target, name, target);
          return typeof value === "function" ? value.bind(target) : value;
        }
        return (body: Parameters<Connections["write"]>[0], options: Parameters<Connections["write"]>[1]) =>
          through(() =>
            target.write((session) => {
              const execute: typeof session.execute = (layout, query) => {
                this.statements.push(query.sql.slice(0, 80));
                return session.execute(layout, query);
              };
              const counted = new Proxy(session, {
                get: (one, what) => {
                  if (what === "execute") return execute;
                  const value: unknown = Reflect.get(one, what, one);
                  return typeof value === "function" ? value.bind(one) : value;
                },
              });
              this.commits += 1;
              return body(counted);
            }, options),
          );
      },
    });
  }
}

/** Several processes on one database, each with clocks of its own. */
export async function openProcesses() {
  const clock = new ProcessClock();
  const inner = await sqlite({ path: ":memory:" }).open({ clock });
  const running: ManualClock[] = [];
  const all: { leases: Leases; database: Database }[] = [];

  async function start(address: string) {
    const own = new ProcessClock();
    const link = new Link();
    // The read is bound to what it belongs to: a proxy is not that.
    const backend: StoreBackend = { open: async () => link.over(bound(inner)) };
    const database = await Database.open(backend, { clock });
    const ids = ulids();
    await database.migrate(epochStore);
    const registry = new Epochs(database);
    const log = recordingLogger();
    const leases = new Leases({ database, fences: registry, clock: own, ids, log });
    const fenced: unknown[] = [];
    const register = async (at = address) => {
      const registration = await registry.register({ manager: "volume", address: at });
      return { ...registration, onFenced: (error: unknown) => void fenced.push(error) };
    };
    running.push(own);
    all.push({ leases, database });
    const holder = await register();
    const pause = () => void running.splice(running.indexOf(own), 1);
    /** Time has passed for it as well, and all its timers are overdue. */
    const resume = () => {
      own.stall(clock.now() - own.now());
      running.push(own);
    };
    return { clock: own, link, leases, log, registry, database, holder, register, fenced, pause, resume };
  }

  return {
    clock,
    start,
    /** Time passes for the database, and for each process that is not paused. */
    async advance(ms: number, stepMs = 250) {
      let leftMs = ms;
      do {
        const nextMs = Math.min(stepMs, leftMs);
        leftMs -= nextMs;
        await clock.advance(nextMs);
        for (const one of [...running]) await one.advance(nextMs);
      } while (leftMs > 0);
    },
    rows: async () => {
      const database = await Database.open({ open: async () => inner }, { clock });
      return database.reading(leaseStore).builders.selectFrom("leases").selectAll().orderBy("name").execute();
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(all.map(({ leases }) => leases.close()));
      await inner.close();
    },
  };
}

function bound(connections: Connections): Connections {
  return new Proxy(connections, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

export type LeaseProcess = Awaited<ReturnType<Awaited<ReturnType<typeof openProcesses>>["start"]>>;

/** Whether a promise has settled by now. */
export async function settled(promise: Promise<unknown>): Promise<boolean> {
  let done = false;
  const told = () => {
    done = true;
  };
  promise.then(told, told);
  await new Promise((resolve) => setImmediate(resolve));
  return done;
}
