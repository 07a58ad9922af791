import { onTestFinished } from "vitest";
import { z } from "zod";
import { ManualClock } from "../base/manual-clock.ts";
import { seededRandom } from "../base/random.ts";
import { recordingLogger } from "../telemetry/index.ts";
import { inProcess } from "../transport/in-process/index.ts";
import { CapabilityActor, type CapabilityActorOptions } from "./capability-actor.ts";
import { decodeMessage } from "./codec.ts";
import type { CapabilityMessage } from "./message.ts";

export const Stats = z.object({ free: z.number().nonnegative(), tier: z.string().optional() });
export const ssd = { manager: "volume", address: "block-01@ssd", epoch: 7, schema: Stats } as const;

export interface ActorBench {
  readonly actor: CapabilityActor;
  readonly clock: ManualClock;
  readonly log: ReturnType<typeof recordingLogger>;
  /** What was published and not looked at before. */
  taken(): CapabilityMessage[];
  sizes: number[];
  ask(subject?: string): void;
  connect(): Promise<void>;
}

/** An actor on a link of its own, and what schedulers would hear of it. */
export async function actorBench(
  options: Partial<CapabilityActorOptions> & { payload?: number; down?: boolean } = {},
): Promise<ActorBench> {
  const { payload = 1_048_576, down = false, ...rest } = options;
  const hub = inProcess({ maxPayloadBytes: payload });
  const [transport, ear] = [hub.client(), hub.client()];
  const clock = new ManualClock();
  const log = recordingLogger();
  const messages: CapabilityMessage[] = [];
  const sizes: number[] = [];
  ear.subscribe("reeve.sys.capabilities", ({ data }) => {
    sizes.push(data.length);
    messages.push(decodeMessage(data)!);
  });
  await ear.connect();
  if (!down) await transport.connect();
  const actor = new CapabilityActor({
    clock,
    random: seededRandom(1),
    ids: () => "SENDER",
    transport,
    host: "block-01",
    log,
    ...rest,
  });
  onTestFinished(() => actor.close());
  return {
    actor,
    clock,
    log,
    sizes,
    taken: () => messages.splice(0),
    ask: (subject = "reeve.sys.capabilities.wanted") => ear.publish(subject, new Uint8Array(0)),
    connect: () => transport.connect(),
  };
}
