import { join } from "node:path";
import { createSupervisor, inProcess, type Supervisor } from "@reeve/runtime";
import { type Clock, systemClock, type Transport } from "@reeve/runtime/transport";
import { unaddressed } from "./cast-faults.ts";
import { bookManager, shopManager } from "./cast-managers.ts";
import { fileDisk } from "./granary-disk.ts";
import type { CastFault } from "./recording.ts";

/** Hosts, each with a disk of its own: one that casts, and two that carry out. */
export const sides = ["shop-01", "book-01", "book-02"] as const;
export type Side = (typeof sides)[number];
export const books: readonly Side[] = ["book-01", "book-02"];

export function pathOf(directory: string, side: Side): string {
  return join(directory, `${side}.sqlite`);
}

export interface YardOptions {
  readonly checkpointFrames?: number | undefined;
  readonly without?: CastFault | undefined;
  /** Default the system's. */
  readonly clock?: Clock | undefined;
  /** Told before a message of a side leaves it. */
  readonly onSend?: (side: Side) => void;
  /** Told of each effect that a book has committed. */
  readonly onEffect?: () => void;
}

export interface Yard {
  readonly shop: Supervisor;
  stop(): Promise<void>;
}

/** All of them, started, on their files in a directory. */
export async function openYard(directory: string, options: YardOptions = {}): Promise<Yard> {
  const { checkpointFrames, without, clock = systemClock, onSend = () => {}, onEffect } = options;
  const hub = inProcess();
  const opened = sides.map((side) => {
    const disk = fileDisk(pathOf(directory, side), checkpointFrames);
    const store = side === "shop-01" && without === "address" ? unaddressed(disk) : disk;
    const transport = telling(hub.client({ caller: side }), () => onSend(side));
    const trustedForwarders = [...sides];
    const supervisor = createSupervisor({
      ...{ host: side, store, transport, trustedForwarders, clock },
      log: { level: "silent" },
    });
    if (side === "shop-01") supervisor.spawn(shopManager);
    else supervisor.spawn(bookManager({ apart: without === "key", onEffect }));
    return supervisor;
  });
  await Promise.all(opened.map((supervisor) => supervisor.start()));
  return {
    shop: opened[0]!,
    stop: async () => {
      for (const supervisor of opened) await supervisor.stop();
    },
  };
}

function telling(transport: Transport, tell: () => void): Transport {
  const publish = transport.publish.bind(transport);
  transport.publish = (...message) => {
    tell();
    publish(...message);
  };
  return transport;
}
