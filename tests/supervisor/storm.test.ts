import { call, contract, type ReeveError } from "@reeve/contract";
import { defineDriver, driverPort, query } from "@reeve/driver-sdk";
import { column, defineManager, defineStore, inProcess, job, table } from "@reeve/runtime";
import { fakeClock, localCluster, seededRandom } from "@reeve/testing";
import { expect, test } from "vitest";
import { z } from "zod";

const seed = Number(process.env.REEVE_STORM_SEED ?? Math.floor(Math.random() * 2 ** 32));
const steps = Number(process.env.REEVE_STORM_STEPS ?? 10_000);

const harbour = contract("harbour", "1.0", {
  berth: call({ input: z.object({ ship: z.number(), slow: z.boolean() }), output: z.number() }),
});
const harbourStore = defineStore("harbour", { tables: { ships: table({ id: column.text().primaryKey() }) } });
const pilotPort = driverPort("pilot", { version: "1.0", methods: { guide: query<string>() } });

/** Harbours on one host, their pilots, and what happened in them. */
function coast() {
  const wires = new Map<string, boolean>();
  const open = new Map<string, number>();
  const berthed = new Map<number, number>();
  const slow: (() => void)[] = [];
  const faults: string[] = [];
  let limit = 1;
  const pilot = (backend: string) => {
    wires.set(backend, true);
    const check = () => {
      if (!wires.get(backend)) throw new Error("the pilot is away");
    };
    const driver = defineDriver(pilotPort, {
      name: `pilot-${backend}`,
      options: z.object({}),
      setup: check,
      check,
      methods: { guide: () => "come in" },
    });
    return driver({});
  };
  const definition = defineManager({
    contract: harbour,
    driver: pilotPort,
    store: harbourStore,
    jobs: { berthing: job() },
    capabilities: z.object({ berths: z.number() }),
    config: z.object({ limit: z.number().max(9) }),
    limits: { drainTimeout: "5s", maxInFlight: 4, maxQueued: 8, driver: { retryAfter: "1s", retryAtMost: "4s" } },
    setup: async ({ address, store, driver, work, capabilities }) => {
      const now = (open.get(address) ?? 0) + 1;
      open.set(address, now);
      if (now > 1) faults.push(`${address} has ${now} incarnations`);
      await Promise.resolve();
      return {
        initHost: () => capabilities.update({ berths: 1 }),
        isWorking: () => driver.healthy,
        close: () => void open.set(address, open.get(address)! - 1),
        operations: {
          async berth({ ship, slow: waits }, ctx) {
            berthed.set(ship, (berthed.get(ship) ?? 0) + 1);
            const job = await store.transaction(async (tx) => {
              await tx.insert("ships", { id: String(ship) });
              return work.begin(tx, "berthing", `ship ${ship}`);
            });
            return work.run(job, async () => {
              if (waits) await new Promise<void>((resolve) => slow.push(resolve));
              await driver.guide({ signal: ctx.signal });
              return () => ship;
            });
          },
        },
        recover: { berthing: async () => {} },
        periodic: { tide: { every: "7s", immediately: true, run: () => capabilities.update({ berths: 2 }) } },
      };
    },
  });
  const config = () => ({ limit: limit++ % 12 });
  return { wires, open, berthed, slow, faults, pilot, definition, config };
}

test("whatever happens to managers in whatever order, each has one life at a time and each call one end", async () => {
  process.stderr.write(`storm seed ${seed}; REEVE_STORM_SEED=${seed} repeats the run\n`);
  const random = seededRandom(seed);
  const below = (bound: number) => Math.floor(random() * bound);
  const clock = fakeClock();
  const { wires, open, berthed, slow, faults, pilot, definition, config } = coast();
  const backends = ["a", "b", "c"];
  const spawnOptions = (backend: string) => ({ backend, config, driver: pilot(backend) });
  const cluster = await localCluster(
    backends.map((backend) => [definition, spawnOptions(backend)] as const),
    // Every other storm blows where others could be reached.
    {
      clock,
      random,
      transport: seed % 2 ? inProcess().client({ caller: "test" }) : undefined,
      restart: { maxRestarts: 1_000_000, maxBackoff: "2s" },
    },
  );
  const { supervisor } = cluster;
  const refused = new Map<string, number>();
  const waiting = new Set<Promise<void>>();
  let [asked, settled] = [0, 0];

  const track = (doing: Promise<unknown>) => {
    const ended: Promise<void> = doing.then(
      () => void waiting.delete(ended),
      ({ reason }: ReeveError) => {
        waiting.delete(ended);
        refused.set(reason, (refused.get(reason) ?? 0) + 1);
      },
    );
    waiting.add(ended);
  };
  const there = (backend: string) =>
    supervisor
      .managers()
      .some(({ address, supervision }) => address === `test@${backend}` && supervision !== "stopped");
  const actions: ((backend: string) => void)[] = [
    (backend) => {
      const controller = new AbortController();
      const ref = below(2) ? cluster.ref(harbour) : cluster.ref(harbour).at(`test@${backend}`);
      const options = { timeout: 50 + below(20_000), signal: controller.signal };
      track(ref.berth({ ship: asked++, slow: below(3) === 0 }, options).finally(() => void settled++));
      if (below(8) === 0) controller.abort();
    },
    (backend) => there(backend) && supervisor.kill("harbour", `test@${backend}`),
    (backend) => there(backend) && track(supervisor.restart("harbour", `test@${backend}`)),
    () => track(supervisor.reset()),
    (backend) => void wires.set(backend, !wires.get(backend)),
    (backend) => {
      if (there(backend) && below(4) === 0) track(supervisor.drain("harbour", `test@${backend}`));
    },
    (backend) => {
      if (!there(backend)) track(supervisor.spawn(definition, spawnOptions(backend)).ready());
    },
    () => void slow.splice(below(slow.length + 1), 1)[0]?.(),
  ];
  const epochs = new Map<string, number>();
  const look = () => {
    for (const { address, epoch } of supervisor.managers()) {
      const before = epochs.get(address) ?? 0;
      if (epoch !== 0 && epoch < before) faults.push(`${address} went from epoch ${before} to ${epoch}`);
      epochs.set(address, Math.max(before, epoch));
    }
  };

  for (let step = 0; step < steps && faults.length === 0; step++) {
    // Calls are as frequent as everything else together.
    const action = below(2) ? actions[0]! : actions[below(actions.length)]!;
    action(backends[below(backends.length)]!);
    if (below(3) === 0) await clock.advance(below(4) === 0 ? below(5_000) : below(50));
    look();
  }
  for (const backend of backends) wires.set(backend, true);
  const stopping = cluster.stop();
  for (let second = 0; second < 300; second++) await clock.advance(1_000);
  await stopping;
  for (const release of slow.splice(0)) release();
  await clock.advance(60_000);
  expect(faults).toEqual([]);
  expect({ settled, waiting: waiting.size }).toEqual({ settled: asked, waiting: 0 });
  expect([...berthed.values()].every((times) => times === 1)).toBe(true);
  expect([...open.values()].every((count) => count === 0)).toBe(true);
  expect(Math.min(...epochs.values())).toBeGreaterThan(10);
  expect(berthed.size).toBeGreaterThan(steps / 20);
  expect(clock.pending).toBe(0);
}, 120_000);
