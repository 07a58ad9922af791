import { parentPort, workerData } from "node:worker_threads";
import { systemClock } from "../../base/clock.ts";
import { nats } from "../../transport/nats/nats.ts";
import type { NatsOptions } from "../../transport/nats/options.ts";
import type { MemberEntry } from "./beat.ts";
import { Beater, lagCheckMs } from "./beater.ts";
import { LagWatch } from "./lag-watch.ts";

/** What the thread starts with. */
export interface BeatThreadData {
  readonly nats: NatsOptions;
  readonly sender: string;
  readonly host: string;
  readonly namespace: string;
  readonly everyMs: number;
  /** The main thread's tick count, and the last sequence used. */
  readonly shared: Int32Array;
}

export type ToBeatThread =
  | { readonly kind: "put"; readonly entries: readonly MemberEntry[] }
  | { readonly kind: "stop" };

export type FromBeatThread =
  | { readonly kind: "log"; readonly text: string }
  /** Whether it can beat now. */
  | { readonly kind: "link"; readonly up: boolean };

const port = parentPort!;
const { nats: options, shared, ...identity } = workerData as BeatThreadData;
const tell = (message: FromBeatThread) => port.postMessage(message);
const say = (text: string) => tell({ kind: "log", text });

const transport = nats(options);
transport.onAlarm(({ message }) => say(`beats: ${message}`));
const ticks = () => Atomics.load(shared, 0);
const beater = new Beater({
  ...identity,
  clock: systemClock,
  random: Math.random,
  link: transport,
  nextSequence: () => Atomics.add(shared, 1, 1) + 1,
  lag: new LagWatch({ clock: systemClock, ticks, checkMs: lagCheckMs }),
  onTrouble: (error) => say(`beats cannot be sent: ${error instanceof Error ? error.message : String(error)}`),
});

transport.onLink((up) => {
  if (!up) tell({ kind: "link", up });
  // Once the broker has the subscriptions, questions are answered here.
  else
    transport.flush().then(
      () => tell({ kind: "link", up }),
      () => {},
    );
});

port.on("message", async (message: ToBeatThread) => {
  if (message.kind === "put") return beater.put(message.entries);
  port.close();
  await beater.stop();
  await transport.close();
});

// It ends only by being closed.
transport.connect().catch(() => {});
