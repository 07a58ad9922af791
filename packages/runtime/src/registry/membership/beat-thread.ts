import { parentPort, workerData } from "node:worker_threads";
import { systemClock } from "../../base/clock.ts";
import { openThreadTransport } from "../../transport/open-thread-transport.ts";
import type { ThreadTransport } from "../../transport/thread-transport.ts";
import type { Transport } from "../../transport/transport.ts";
import { type BeatIdentity, lagCheckMs } from "./beater.ts";
import { BeatingThread, type FromBeatThread, type Put, type ToBeatThread } from "./beating-thread.ts";
import { LagWatch } from "./lag-watch.ts";
import { SharedBeats } from "./shared-beats.ts";

/** What the thread starts with. */
export interface BeatThreadData extends BeatIdentity {
  readonly transport: ThreadTransport;
  readonly memory: Int32Array;
  readonly told: Put;
}

const port = parentPort!;
const { transport: own, memory, ...identity } = workerData as BeatThreadData;
const tell = (message: FromBeatThread) => port.postMessage(message);

function beat(transport: Transport): void {
  const { denials } = transport;
  transport.onAlarm(({ kind, message }) => {
    if (!kind.endsWith(".denied")) tell({ kind: "log", text: `beats: ${message}` });
  });
  denials?.onChange(() => tell({ kind: "denied", denials: denials.all }));
  const shared = new SharedBeats(memory);
  const thread = new BeatingThread({
    ...identity,
    shared,
    tell,
    clock: systemClock,
    random: Math.random,
    link: transport,
    lag: new LagWatch({ clock: systemClock, ticks: () => shared.ticks, checkMs: lagCheckMs }),
  });

  port.on("message", async (message: ToBeatThread) => {
    if (message.kind === "put") return thread.put(message);
    port.close();
    await thread.stop();
    await transport.close();
  });

  // It ends only by being closed.
  transport.connect().catch(() => {});
}

// As the text of a CommonJS module it cannot await at its top; what fails ends the thread, which says so.
void openThreadTransport(own).then(beat);
