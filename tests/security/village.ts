import { call, contract } from "@reeve/contract";
import { inspector } from "@reeve/inspector";
import { scheduler, schedulerManager } from "@reeve/managers/scheduler";
import type { ProcessOptions } from "@reeve/nats";
import { connect, defineManager } from "@reeve/runtime";
import { silentLogger } from "@reeve/testing";
import { onTestFinished } from "vitest";
import { z } from "zod";
import { token } from "../inspector/watched-fleet.ts";
import { type GuardedBroker, startHost } from "./guarded-broker.ts";

const input = z.object({});
export const bells = contract("bell", "1.1", {
  ring: call({ input, output: z.string() }),
  relay: call({ since: "1.1", input, output: z.string() }),
});
export const towers = contract("tower", "1.0", { climb: call({ input, output: z.string() }) });

const bellManager = defineManager({
  contract: bells,
  capabilities: z.object({ strokes: z.number() }),
  setup: ({ address, capabilities }) => {
    capabilities.update({ strokes: 12 });
    return { operations: { ring: () => address, relay: (_, ctx) => ctx.ref(towers).climb({}) } };
  },
});

const towerManager = defineManager({
  contract: towers,
  setup: () => ({ operations: { climb: () => "top" } }),
});

/** One process of each sort: between them they have every rule there is. */
export const villagers: readonly ProcessOptions[] = [
  { caller: "block-01", serves: [bells], cluster: "abbey", calls: [towers] },
  { caller: "tower-01", serves: [towers, scheduler], calls: [bells], schedules: true, inspects: true },
  { caller: "cli", calls: [bells] },
  { caller: "census", lists: true },
];

/** A host with a bell, whose relay calls a tower. */
export const bellHost = (broker: GuardedBroker) =>
  startHost(broker, "block-01", [[bellManager]], { cluster: "abbey", capabilityInterval: "100ms" });

/** A host with a tower, a scheduler and the page. */
export const towerHost = (broker: GuardedBroker) =>
  startHost(broker, "tower-01", [[towerManager], [schedulerManager]], { inspector: inspector({ port: 0, token }) });

export async function callerOf(broker: GuardedBroker, name = "cli") {
  const connection = await connect({ transport: broker.link(name), log: silentLogger });
  onTestFinished(() => connection.close());
  return connection;
}
