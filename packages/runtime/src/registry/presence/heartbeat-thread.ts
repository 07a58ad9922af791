import { parentPort, workerData } from "node:worker_threads";
import { systemClock } from "../../base/clock.ts";
import type { Denial } from "../../transport/denials.ts";
import { openThreadTransport } from "../../transport/open-thread-transport.ts";
import type { ThreadTransport } from "../../transport/thread-transport.ts";
import type { Transport } from "../../transport/transport.ts";
import { Heartbeat, type HeartbeatIdentity, lagCheckMs } from "./heartbeat.ts";
import { LoopLag } from "./loop-lag.ts";
import { SharedVoice } from "./voice.ts";

/** What the thread starts with. */
export interface HeartbeatThreadData extends HeartbeatIdentity {
  readonly transport: ThreadTransport;
  readonly memory: Int32Array;
}

/** What it says. It is told nothing: it ends by being terminated. */
export type FromHeartbeatThread =
  | { readonly kind: "log"; readonly text: string }
  /** Whether it has a link, and so sends heartbeats. */
  | { readonly kind: "link"; readonly up: boolean }
  /** What the broker forbids it now. */
  | { readonly kind: "denied"; readonly denials: readonly Denial[] };

const { transport: own, memory, ...identity } = workerData as HeartbeatThreadData;
const tell = (message: FromHeartbeatThread) => parentPort!.postMessage(message);

function speakOver(transport: Transport): void {
  const voice = new SharedVoice(memory);
  transport.onAlarm(({ kind, message }) => {
    if (!kind.endsWith(".denied")) tell({ kind: "log", text: `heartbeats: ${message}` });
  });
  const { denials } = transport;
  denials?.onChange(() => tell({ kind: "denied", denials: denials.all }));
  let heartbeat: Heartbeat | undefined;
  transport.onLink((up) => {
    heartbeat?.stop();
    const lag = new LoopLag({ clock: systemClock, ticks: () => voice.ticks, checkMs: lagCheckMs });
    const common = { clock: systemClock, random: Math.random, link: transport, voice, lag };
    const onTrouble = (error: unknown) => tell({ kind: "log", text: `heartbeats cannot be sent: ${String(error)}` });
    heartbeat = up ? new Heartbeat({ ...identity, ...common, onTrouble }) : undefined;
    tell({ kind: "link", up });
  });
  // It ends only by being closed.
  transport.connect().catch(() => {});
}

// As the text of a CommonJS module it cannot await at its top; what fails ends the thread, which says so.
void openThreadTransport(own).then(speakOver);
