import type { Ref } from "@reeve/contract";
import { scheduler, schedulerManager } from "@reeve/managers/scheduler";
import { type Clock, createSupervisor, inProcess, type StoreBackend, type Supervisor } from "@reeve/runtime";
import { type InterferedStore, interfered } from "./interfered-store.ts";

const gibibyte = 2 ** 30;

/** One of several schedulers on one database, each with a supervisor of its own. */
export interface OneOfThem {
  readonly store: InterferedStore;
  readonly ref: Ref<typeof scheduler>;
  restart(): Promise<void>;
}

/**
 * Schedulers that share a database, and hosts of these sizes that say again and again that they are empty: what keeps them
 * from being promised too much is the ledger alone.
 */
export async function schedulersOn(
  backends: readonly StoreBackend[],
  sizes: Readonly<Record<string, number>>,
  clock?: Clock,
): Promise<{ readonly schedulers: readonly OneOfThem[]; stop(): Promise<void> }> {
  const hub = inProcess();
  const fleet = hub.client({ caller: "fleet" });
  await fleet.connect();
  let sequence = 0;
  const entries = Object.entries(sizes).map(([address, gib]) => ({
    ...{ manager: "volume", address, epoch: 1, status: "ready", count: 1, ageMs: 0, full: true },
    set: { totalBytes: gib * gibibyte, freeBytes: gib * gibibyte, provisionedBytes: 0 },
  }));
  const report = () => {
    const message = { type: "reeve.capabilities.v1", sender: "S1", host: "block", sequence: ++sequence, whole: true };
    fleet.publish("reeve.sys.capabilities.block", new TextEncoder().encode(JSON.stringify({ ...message, entries })));
  };
  const start = async (index: number, store: StoreBackend): Promise<Supervisor> => {
    const supervisor = createSupervisor({
      host: `control-${index}`,
      transport: hub.client({ caller: `control-${index}` }),
      store,
      log: { level: "silent" },
      ...(clock ? { clock } : {}),
    });
    supervisor.spawn(schedulerManager);
    await supervisor.start();
    report();
    return supervisor;
  };
  const running: Supervisor[] = [];
  const schedulers: OneOfThem[] = [];
  for (const [index, backend] of backends.entries()) {
    const store = interfered(backend);
    running[index] = await start(index, store);
    schedulers.push({
      store,
      get ref() {
        return running[index]!.ref(scheduler);
      },
      async restart() {
        await running[index]!.stop();
        running[index] = await start(index, store);
      },
    });
  }
  return {
    schedulers,
    async stop() {
      for (const supervisor of running) await supervisor.stop();
    },
  };
}
