import { scheduler, schedulerManager } from "@reeve/managers/scheduler";
import { createSupervisor, defineManager } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import { vi } from "vitest";
import { WatchedManager } from "../supervisor/watched-manager.ts";
import { Rack, rackOf } from "./rack.ts";
import { slotManager, slots } from "./slot-manager.ts";

export interface HallOptions {
  /** Tenants with a quota of their own. Default: none. */
  readonly quotas?: Readonly<Record<string, number>>;
  /** Decides where slots go, in a scheduler's place. Default: a real scheduler. */
  readonly place?: (signal: AbortSignal) => Promise<string>;
}

/** Answers as a scheduler does, and notes what was given back and confirmed. */
function steeredScheduler(place: (signal: AbortSignal) => Promise<string>, released: string[], confirmed: string[]) {
  const refuse = () => Promise.reject(new Error("only placements are steered"));
  return defineManager({
    contract: scheduler,
    setup: () => ({
      operations: {
        place: (_request, { signal }) => place(signal),
        release: ({ request }) => ({ held: released.push(request) > 0 }),
        confirm: ({ request }) => ({ held: confirmed.push(request) > 0 }),
        hosts: refuse,
        explain: refuse,
      },
    }),
  });
}

/** Two racks, `hall@a` and `hall@b`, and what places slots on them, all on one store in memory. */
export async function hall({ quotas = {}, place }: HallOptions = {}) {
  const supervisor = createSupervisor({
    host: "hall",
    store: sqlite({ path: ":memory:" }),
    log: { level: "silent" },
    capabilityInterval: 50,
    restart: { maxRestarts: 1_000, initialBackoff: 1, maxBackoff: 1 },
  });
  const racks = { a: new Rack(), b: new Rack() };
  const released: string[] = [];
  const confirmed: string[] = [];
  supervisor.spawn(place ? steeredScheduler(place, released, confirmed) : schedulerManager);
  for (const [backend, rack] of Object.entries(racks))
    supervisor.spawn(slotManager, { backend, driver: rackOf({ rack }), config: { quotas } });
  await supervisor.start();
  const slot = supervisor.ref(slots);
  return {
    racks,
    slot,
    released,
    confirmed,
    of: (tenant: string, ...roles: string[]) => supervisor.as({ user: "u", tenant, roles }).ref(slots),
    /** The only slot that there is. */
    only: async () => {
      const { items } = await slot.list({});
      if (items.length !== 1) throw new Error(`expected one slot, got ${JSON.stringify(items)}`);
      return items[0]!;
    },
    taken: () => [...racks.a.taken.keys(), ...racks.b.taken.keys()].sort(),
    /** Crashes a manager and resolves when its next incarnation is ready. */
    crash: (backend: string) => new WatchedManager(supervisor, "slot", `hall@${backend}`).crash(),
    [Symbol.asyncDispose]: () => supervisor.stop(),
  };
}

/** Resolves when it holds, as what throws no more. */
export function eventually<R>(holds: () => R | Promise<R>): Promise<R> {
  return vi.waitFor(holds, { timeout: 15_000, interval: 5 });
}
