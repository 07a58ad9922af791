import { call, contract } from "@reeve/contract";
import {
  column,
  createSupervisor,
  defineManager,
  defineStore,
  inProcess,
  job,
  type StoreBackend,
  table,
} from "@reeve/runtime";
import { recordingLogger } from "@reeve/runtime/internal";
import { sqlite } from "@reeve/runtime/sqlite";
import { type FaultTransport, fakeClock, faultTransport, sharedStore } from "@reeve/testing";
import { onTestFinished } from "vitest";
import { z } from "zod";
import { settlingStore } from "../kit/settling-store.ts";
import type { leverPort } from "./lever.ts";

export const mills = contract("mill", "1.0", {
  grind: call({
    input: z.object({ id: z.string(), kind: z.string().optional() }),
    output: z.string(),
    dedupe: "store",
    timeout: "300s",
  }),
});
export const millStore = defineStore("mill", {
  tables: { sacks: table({ id: column.text().primaryKey(), status: column.text(), by: column.text() }) },
});

/** Who did what, as somebody outside of all processes sees it. */
export interface Witness {
  readonly cleaned: string[];
  /** What grinding waits for; nothing comes of it before that. */
  readonly stone: Promise<void>;
  /** Told as a call has its key and no work yet. */
  onBegun: () => Promise<void> | void;
  /** Told as a sack is about to be recovered. */
  onRecover: (address: string, id: string) => Promise<void> | void;
}

interface MillOptions {
  /** Of work; the first one is that of a grinding which names none. */
  readonly kinds?: readonly string[];
  readonly rowsOnly?: readonly string[];
  readonly driver?: typeof leverPort;
}

/** Grinds for as long as the witness says; a sack that was left half ground is thrown away. */
export const millManager = (witness: Witness, { kinds = ["mill.grinding"], rowsOnly = [], driver }: MillOptions = {}) =>
  defineManager({
    contract: mills,
    ...(driver ? { driver } : {}),
    store: millStore,
    jobs: Object.fromEntries(kinds.map((kind) => [kind, job<undefined>({ rowsOnly: rowsOnly.includes(kind) })])),
    setup: ({ store, work, address }) => ({
      operations: {
        grind: async ({ id, kind = kinds[0]! }) => {
          // The call has its key with this, and no work yet.
          await store.transaction((tx) => tx.insert("sacks", { id: `${id}-bag`, status: "empty", by: address }));
          await witness.onBegun();
          const begun = await store.transaction(async (tx) => {
            await tx.insert("sacks", { id, status: "grinding", by: address });
            return work.begin(tx, kind, id, undefined);
          });
          return work.run(begun, async () => {
            await witness.stone;
            return async (tx) => {
              await tx.update("sacks", id, { status: "ground", by: address });
              return address;
            };
          });
        },
      },
      recover: Object.fromEntries(
        kinds.map((kind) => [
          kind,
          async ({ resource }: { readonly resource: string }) => {
            await witness.onRecover(address, resource);
            witness.cleaned.push(`${resource} by ${address}`);
            return async (tx: any) => {
              await tx.update("sacks", resource, { status: "recovered", by: address });
              return `recovered by ${address}`;
            };
          },
        ]),
      ),
    }),
  });

/** Hosts of one cluster in this process, on one database and one clock; what each hears can be cut. */
export function millHouse({ store: backend = sqlite({ path: ":memory:" }) }: { readonly store?: StoreBackend } = {}) {
  const hub = inProcess();
  const settling = settlingStore(backend);
  const clock = fakeClock({ settled: settling.settled });
  const log = recordingLogger();
  const store = sharedStore(settling);
  const stone = Promise.withResolvers<void>();
  const witness: Witness = { cleaned: [], stone: stone.promise, onBegun: () => {}, onRecover: () => {} };

  async function host(
    name: string,
    { cluster = "valley", store: own = store, maxRestarts = 5, ...spawn }: HostOptions = {},
  ) {
    const link: FaultTransport = faultTransport(hub.client({ caller: name }), { print: () => {}, clock });
    const supervisor = createSupervisor({
      ...{ host: name, cluster: cluster ?? undefined, transport: link, store: own, log, clock },
      restart: { initialBackoff: "10ms", maxRestarts },
      trustedForwarders: ["*"],
    });
    const { definition = millManager(witness), ...options } = spawn;
    supervisor.spawn(definition, options as never);
    supervisor.finished.catch(() => undefined);
    onTestFinished(async () => {
      stone.resolve();
      const stopped = supervisor.stop();
      let over = false;
      void stopped.then(() => {
        over = true;
      });
      while (!over) await clock.advance(500);
    });
    let started = false;
    const starting = supervisor.start().then(() => {
      started = true;
    });
    starting.catch(() => {
      started = true;
    });
    // Time goes on for as long as it takes: what a slow disk has kept waiting may have to be asked for again.
    while (!started) await clock.advance(20);
    await starting;
    const epoch = () => supervisor.managers()[0]!.epoch;
    return { name, supervisor, link, ref: supervisor.as({ user: "ada", roles: [] }).ref(mills), epoch };
  }

  /** Time passes, and what falls due is done. */
  const pass = (ms: number) => clock.advance(ms);

  /** Time passes until a condition holds, at most so long; returns how long it took. */
  async function until(condition: () => boolean | Promise<boolean>, withinMs: number): Promise<number> {
    const from = clock.now();
    while (!(await condition())) {
      if (clock.now() - from >= withinMs) throw new Error(`not within ${withinMs} ms of the test's clock`);
      await clock.advance(100);
    }
    return clock.now() - from;
  }

  return { clock, log, host, until, pass, witness, grindOn: () => stone.resolve() };
}

interface HostOptions {
  /** Null: none. */
  readonly cluster?: string | null;
  readonly maxRestarts?: number;
  readonly store?: StoreBackend;
  readonly definition?: ReturnType<typeof defineManager<any, any, any>>;
  readonly driver?: unknown;
  readonly config?: () => Promise<object>;
}

export function warnings(log: ReturnType<typeof recordingLogger>): string[] {
  return log.lines.filter(({ level }) => level === "warn").map(({ message }) => String(message));
}
