import { onTestFinished } from "vitest";
import { z } from "zod";
import { ManualClock } from "../base/manual-clock.ts";
import { seededRandom } from "../base/random.ts";
import { decodeGossip, type GossipHead } from "../gossip/message.ts";
import { memoryCounters, recordingLogger } from "../telemetry/index.ts";
import { inProcess } from "../transport/in-process/index.ts";
import { CapabilityActor, type CapabilityActorOptions } from "./capability-actor.ts";
import { readEntry } from "./codec.ts";
import { type CapabilityEntry, messageType } from "./message.ts";

export const Stats = z.object({ free: z.number().nonnegative(), tier: z.string().optional() });
export const ssd = { manager: "volume", address: "block-01@ssd", epoch: 7, schema: Stats } as const;

/** What was told to everybody, or to one asker. */
export interface CapabilityMessage extends GossipHead {
  readonly subject: string;
  readonly entries: readonly CapabilityEntry[];
}

export interface ActorBench {
  readonly actor: CapabilityActor;
  readonly clock: ManualClock;
  readonly log: ReturnType<typeof recordingLogger>;
  /** What was published and not looked at before. */
  taken(): CapabilityMessage[];
  sizes: number[];
  ask(data?: string, reply?: string): void;
  connect(): Promise<void>;
}

/** An actor on a link of its own, and what schedulers would hear of it. */
export async function actorBench(
  options: Partial<CapabilityActorOptions> & { payload?: number; down?: boolean } = {},
): Promise<ActorBench> {
  const { payload = 1_048_576, down = false, ...rest } = options;
  const hub = inProcess({ maxPayloadBytes: payload });
  const [transport, ear] = [hub.client({ caller: "block-01" }), hub.client({ caller: "ear" })];
  const clock = new ManualClock();
  const log = recordingLogger();
  const messages: CapabilityMessage[] = [];
  const sizes: number[] = [];
  const hear = ({ subject, data }: { readonly subject: string; readonly data: Uint8Array }) => {
    sizes.push(data.length);
    const { fields: _, entries, ...head } = decodeGossip(messageType, data)!;
    messages.push({ ...head, subject, entries: entries.map(readEntry) });
  };
  ear.subscribe("reeve.sys.capabilities.*", hear);
  ear.subscribe("reeve.sys.found.capabilities.ear.*", hear);
  await ear.connect();
  if (!down) await transport.connect();
  const actor = new CapabilityActor({
    clock,
    random: seededRandom(1),
    ids: () => "SENDER",
    transport,
    host: "block-01",
    log,
    counters: memoryCounters(),
    ...rest,
  });
  onTestFinished(() => actor.close());
  return {
    actor,
    clock,
    log,
    sizes,
    taken: () => messages.splice(0),
    ask: (data = "", reply) =>
      ear.publish("reeve.sys.wanted.capabilities.ear", new TextEncoder().encode(data), reply ? { reply } : {}),
    connect: () => transport.connect(),
  };
}
