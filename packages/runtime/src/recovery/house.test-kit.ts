import { ulids } from "../base/ids.ts";
import { ManualClock } from "../base/manual-clock.ts";
import { seededRandom } from "../base/random.ts";
import { Registry } from "../registry/index.ts";
import type { Context } from "../rpc/callee/context.ts";
import type { Principal } from "../rpc/principal.ts";
import { column, Database, defineStore, OpenStore, type StoreBackend, table } from "../store/index.ts";
import { sqlite } from "../store/sqlite/index.ts";
import { recordingLogger } from "../telemetry/index.ts";
import { carriedOut, IdempotencyKeys, type Job, OpenCalls, type Recover, WorkJournal, WorkScope } from "./index.ts";
import { keyStore } from "./key-store.ts";
import { workStore } from "./work-store.ts";

export const volumeStore = defineStore("volume", {
  tables: { volumes: table({ id: column.text().primaryKey(), status: column.text() }) },
});

/** Whether a value would do as the answer of creating a volume. */
export const isVolume = (value: unknown) => typeof value === "object" && value !== null && "status" in value;

/** A database on which incarnations of a volume manager start, as a supervisor would start them. */
export async function openHouse(
  path = ":memory:",
  clock = new ManualClock(),
  backend: StoreBackend = sqlite({ path }),
) {
  const database = await Database.open(backend, { clock });
  await database.migrate(volumeStore);
  const log = recordingLogger();
  const ids = ulids();
  const registry = await Registry.open({ database, clock, ids });
  const openCalls = new OpenCalls();

  let unknownCasts = 0;

  async function start(address = "block-01", maxCasts?: number) {
    const registration = await registry.register({ manager: "volume", address, version: "1.0" });
    const fenced = (error: unknown) => journal.abort(error);
    const isAnswer = (operation: string, value: unknown) =>
      operation === "create" ? isVolume(value) : value === carriedOut;
    const add = (by = 1) => {
      unknownCasts += by;
    };
    const counting = { unknownCasts: { add }, maxCasts };
    const keys = await IdempotencyKeys.open({ database, registry, registration, clock, log, isAnswer, ...counting });
    const scope = new WorkScope(openCalls);
    const hooks = [registration.fence, scope.hook, keys.hook];
    const opened: OpenStore<typeof volumeStore> = new OpenStore({
      database,
      definition: volumeStore,
      hooks,
      onFenced: fenced,
    });
    const random = seededRandom(1);
    const context = (hook: string, signal: AbortSignal, principal?: Principal): Context => {
      const peer = `volume/${address}`;
      const ref = () => {
        throw new Error(`${hook} has nobody to call`);
      };
      return { signal, log, peer, principal: principal ?? { user: peer, roles: [] }, requestId: ids(), ref };
    };
    const shared = { database, registry, registration, opened, clock, ids, random, log, context, keys, scope };
    const journal: WorkJournal<typeof volumeStore> = await WorkJournal.open(shared);
    return { journal, scope, keys, registration, opened, store: opened.store, work: journal.work };
  }

  return {
    database,
    registry,
    clock,
    log,
    start,
    unknownCasts: () => unknownCasts,
    rows: () => database.reading(workStore).builders.selectFrom("work").selectAll().orderBy("id").execute(),
    keys: () => database.reading(keyStore).builders.selectFrom("callKeys").selectAll().orderBy("key").execute(),
    [Symbol.asyncDispose]: () => database.close(),
  };
}

export type House = Awaited<ReturnType<typeof openHouse>>;
export type Incarnation = Awaited<ReturnType<House["start"]>>;

/** Begins creating a volume: the row and its intent in one commit. */
export function begin({ store, work }: Incarnation, id: string, payload?: unknown): Promise<Job> {
  return store.transaction(async (tx) => {
    await tx.insert("volumes", { id, status: "creating" });
    return work.begin(tx, "volume.creating", id, payload);
  });
}

/** A recover function that gives the volume this status. */
export function markedAs(status: string): Recover<typeof volumeStore> {
  return (job) => (tx) => tx.update("volumes", job.resource, { status });
}
