import { onTestFinished } from "vitest";
import { ManualClock } from "../../base/manual-clock.ts";
import { type RecordingLogger, recordingLogger } from "../../telemetry/index.ts";
import { type MemoryCounters, memoryCounters } from "../../telemetry/memory-counters.ts";
import { type InProcessHub, inProcess } from "../../transport/in-process/in-process.ts";
import type { Transport } from "../../transport/transport.ts";
import type { AnnouncedStatus } from "./announcement.ts";
import { Announcer } from "./announcer.ts";
import { Members, type MembersOptions } from "./members.ts";

export const serving: AnnouncedStatus = { state: "serving", phase: "ready", causes: [], canServe: true };
export const draining: AnnouncedStatus = { state: "draining", phase: undefined, causes: [], canServe: false };

export interface Host {
  readonly transport: Transport;
  readonly announcer: Announcer;
  readonly members: Members;
  readonly log: RecordingLogger;
  readonly counters: MemoryCounters;
  /** What was told, as `gone volume a 1` and `changed volume 1`. */
  readonly told: string[];
}

/** Hosts on one hub and one clock. */
export class Fleet {
  readonly clock = new ManualClock();
  readonly hub: InProcessHub = inProcess();

  async host(
    name: string,
    {
      link,
      host = name,
      caller = name,
      intervalMs = 2_000,
      ...options
    }: Partial<Omit<MembersOptions, "link">> & {
      link?: (transport: Transport) => Transport;
      host?: string;
      caller?: string;
      intervalMs?: number;
    } = {},
  ): Promise<Host> {
    const inner = this.hub.client({ caller });
    const transport = link ? link(inner) : inner;
    await inner.connect();
    const log = recordingLogger();
    const counters = memoryCounters();
    const common = { clock: this.clock, link: transport, sender: `s-${name}`, log, counters };
    const announcer = new Announcer({ ...common, random: () => 0.5, host, intervalMs });
    const members = new Members({ ...common, ...options });
    const told: string[] = [];
    members.onGone(({ manager, address, epoch }) => told.push(`gone ${manager} ${address} ${epoch}`));
    members.onChange((manager, major) => told.push(`changed ${manager} ${major}`));
    onTestFinished(async () => {
      members.close();
      await announcer.close();
      await transport.close();
    });
    return { transport, announcer, members, log, counters, told };
  }
}

/** A transport with some of its parts replaced. */
export function altered(transport: Transport, parts: Partial<Transport>): Transport {
  return new Proxy(transport, {
    get(target, name) {
      if (Object.hasOwn(parts, name)) return Reflect.get(parts, name);
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
