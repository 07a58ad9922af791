import { ulids } from "../base/ids.ts";
import { ManualClock } from "../base/manual-clock.ts";
import { seededRandom } from "../base/random.ts";
import { Registry } from "../registry/index.ts";
import { Database, type NewRow, type StoreBackend } from "../store/index.ts";
import { sqlite } from "../store/sqlite/index.ts";
import { recordingLogger } from "../telemetry/index.ts";
import { answered, type Delivery } from "./cast-event.ts";
import { CastRows } from "./cast-rows.ts";
import type { Carried, CastPlace, CastSender } from "./cast-sender.ts";
import { type CastRow, castStore } from "./cast-store.ts";
import { Relay, type RelayOptions } from "./relay.ts";

/** What a database was asked, and how many rows it gave. */
export interface Traffic {
  reads: number;
  writes: number;
  rows: number;
}

/** A delivery that has begun. */
export interface Sent {
  readonly row: CastRow;
  readonly carried: Carried;
  /** As the store has it as it is sent. */
  readonly stored: Promise<CastRow | undefined>;
  end(delivery?: Delivery): Promise<void>;
}

/** Callees that a test plays: it sees what is sent, and says what comes of it. */
class PlayedCallees implements CastSender {
  readonly sent: Sent[] = [];
  /** Where each goes; undefined: nobody is there. */
  placed: (row: CastRow) => CastPlace | Delivery | undefined = ({ address }) => ({
    address: address ?? "b",
    store: "s",
  });
  /** Ends each delivery at once, unless it gives undefined. */
  answers: (row: CastRow) => Delivery | undefined = () => undefined;
  readonly #stored: (id: string) => Promise<CastRow | undefined>;
  readonly #settled: () => Promise<void>;

  constructor(stored: (id: string) => Promise<CastRow | undefined>, settled: () => Promise<void>) {
    this.#stored = stored;
    this.#settled = settled;
  }

  async place(row: CastRow) {
    return this.placed(row);
  }

  send(row: CastRow, carried: Carried): Promise<Delivery> {
    const { promise, resolve } = Promise.withResolvers<Delivery>();
    const end = (delivery: Delivery = answered) => {
      resolve(delivery);
      return this.#settled();
    };
    this.sent.push({ row, carried, stored: this.#stored(row.id), end });
    const answer = this.answers(row);
    if (answer) resolve(answer);
    return promise;
  }
}

interface HouseOptions {
  readonly path?: string;
  /** Between the relay and the database. */
  readonly around?: (backend: StoreBackend) => StoreBackend;
}

/** A database with an outbox, relays on it, and callees that the test plays. */
export async function openOffice({ path = ":memory:", around = (backend) => backend }: HouseOptions = {}) {
  const clock = new ManualClock();
  const log = recordingLogger();
  const ids = ulids();
  const traffic: Traffic = { reads: 0, writes: 0, rows: 0 };
  const database = await Database.open(counting(around(sqlite({ path })), traffic), { clock });
  await database.migrate(castStore);
  const registry = await Registry.open({ database, clock, ids });
  const rows = () => database.reading(castStore).builders.selectFrom("outbox").selectAll().orderBy("id").execute();
  const find = (id: string) =>
    database.reading(castStore).builders.selectFrom("outbox").selectAll().where("id", "=", id).executeTakeFirst();
  /** Until nothing follows in memory: every step of a relay is a few turns of the event loop. */
  const settled = () => clock.advance(0).then(() => turns(50));

  async function relay(
    address = "a",
    options: Pick<Partial<RelayOptions>, "concurrency" | "perAddress" | "random"> = {},
  ) {
    const holder = { manager: "office", address };
    const { fence } = await registry.register({ ...holder, version: "1.0" });
    const callees = new PlayedCallees(find, settled);
    const own = new CastRows(database, holder);
    const fenced: unknown[] = [];
    const made = new Relay({
      ...{ database, rows: own, holder, fence, sender: callees, clock, random: seededRandom(1), log, ...options },
      onFenced: (error) => fenced.push(error),
    });
    return { relay: made, callees, rows: own, fence, fenced };
  }

  /** Puts casts into the outbox, as if they had been cast. */
  async function put(...given: readonly Partial<NewRow<typeof castStore, "outbox">>[]): Promise<string[]> {
    const made = given.map((cast) => ({ ...castOf(ids()), ...cast }));
    await database.write(
      async (session) => {
        for (let from = 0; from < made.length; from += 500) {
          const some = made.slice(from, from + 500);
          await database.within(session, castStore).insertInto("outbox").values(some).execute();
        }
      },
      { timeoutMs: 600_000 },
    );
    return made.map(({ id }) => id);
  }

  return {
    ...{ clock, log, database, registry, traffic, relay, put, rows, find, settled },
    close: () => database.close(),
    [Symbol.asyncDispose]: () => database.close(),
  };
}

function castOf(id: string): NewRow<typeof castStore, "outbox"> {
  return {
    ...{ id, key: id, holderManager: "office", holderAddress: "a", host: "a", sender: "office/a" },
    ...{ manager: "ledger", major: 1, operation: "note", input: "{}", requestId: "r", createdAt: new Date(0) },
    ...{ at: null, address: null, store: null, lane: null, place: null, dueAt: null, state: "waiting", nextAt: 0 },
    principal: { user: "office/a", roles: [] },
    terms: { minor: 0, sinceMinor: 0, route: "any", timeoutMs: 60_000, onDeadLetter: "stop", lane: null },
  };
}

export async function turns(count: number): Promise<void> {
  for (let passed = 0; passed < count; passed++) await new Promise((resolve) => setImmediate(resolve));
}

function counting(backend: StoreBackend, traffic: Traffic): StoreBackend {
  return {
    async open(options) {
      const connections = await backend.open(options);
      const read: typeof connections.read = async (layout, query) => {
        traffic.reads += 1;
        const result = await connections.read(layout, query);
        traffic.rows += result.rows.length;
        return result;
      };
      const write: typeof connections.write = (body, given) => {
        traffic.writes += 1;
        return connections.write(body, given);
      };
      return new Proxy(connections, {
        get(target, name) {
          if (name === "read") return read;
          if (name === "write") return write;
          const value: unknown = Reflect.get(target, name, target);
          return typeof value === "function" ? value.bind(target) : value;
        },
      });
    },
  };
}
