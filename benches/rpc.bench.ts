import { natsServer } from "@reeve/testing";
import { ratioOf } from "./alternate.ts";
import type { Figure } from "./figure.ts";
import { median } from "./median.ts";
import { callsPerMessage } from "./rpc/ceiling.ts";
import { type Ends, type Measured, openEnds } from "./rpc/ends.ts";
import type { Workload } from "./rpc/load.ts";
import { type PeerName, titles } from "./rpc/stacks.ts";
import { inTurns } from "./rpc/turns.ts";

interface Comparison {
  readonly id: string;
  readonly peer: Exclude<PeerName, "reeve">;
  /** Ours sends each call, and each answer, as a message of its own. */
  readonly unbatched?: true;
  readonly workload: Omit<Workload, "bytes" | "forMs">;
  readonly unit: "calls/s" | "us";
  readonly of: keyof Measured;
  /** Calls that stand in what counts as one call of the peer. Default: 1. */
  readonly peerHolds?: number;
}

const rounds = 11;
const forMs = 500;
const bytes = 100;

const comparisons: readonly Comparison[] = [
  { id: "rpc.1.nats", peer: "nats", workload: { outstanding: 1 }, unit: "us", of: "p50Us" },
  { id: "rpc.64.nats", peer: "nats", workload: { outstanding: 64 }, unit: "calls/s", of: "callsPerSecond" },
  { id: "rpc.256.nats", peer: "nats", workload: { outstanding: 256 }, unit: "calls/s", of: "callsPerSecond" },
  {
    id: "rpc.256.unbatched",
    peer: "nats",
    unbatched: true,
    workload: { outstanding: 256 },
    unit: "calls/s",
    of: "callsPerSecond",
  },
  {
    id: "rpc.256.spread",
    peer: "nats",
    workload: { outstanding: 256, spread: true },
    unit: "calls/s",
    of: "callsPerSecond",
  },
  { id: "rpc.open.p99", peer: "nats", workload: { perSecond: 10_000 }, unit: "us", of: "p99Us" },
  { id: "rpc.256.moleculer", peer: "moleculer", workload: { outstanding: 256 }, unit: "calls/s", of: "callsPerSecond" },
  {
    id: "rpc.256.ceiling",
    peer: "ceiling",
    workload: { outstanding: 256 },
    unit: "calls/s",
    of: "callsPerSecond",
    peerHolds: callsPerMessage,
  },
  { id: "rpc.256.nest", peer: "nest", workload: { outstanding: 256 }, unit: "calls/s", of: "callsPerSecond" },
];

/** Client, broker and server in a process each; an echo of 100 B that the server checks on arrival, ours on its way back too. */
export async function figures(): Promise<readonly Figure[]> {
  await using broker = await natsServer();
  const made: Figure[] = [];
  await using ours = await openEnds("reeve", broker.url);
  await using unbatched = await openEnds("without batching", broker.url);
  for (const name of ["nats", "ceiling", "moleculer", "nest"] as const) {
    await using peer = await openEnds(name, broker.url);
    for (const comparison of comparisons)
      if (comparison.peer === name) made.push(await compare(comparison.unbatched ? unbatched : ours, peer, comparison));
  }
  return made;
}

async function compare(ours: Ends, theirs: Ends, comparison: Comparison): Promise<Figure> {
  const { id, peer, workload, unit, of, peerHolds = 1 } = comparison;
  const seen = await inTurns([ours, holding(theirs, peerHolds)], { ...workload, bytes, forMs }, rounds);
  const [our, their] = seen.map((measured) => measured.map((round) => round[of])) as [number[], number[]];
  return {
    id,
    ours: median(our),
    peer: median(their),
    ratio: ratioOf(our, their),
    unit,
    peerName: titles[peer],
  };
}

/** The peer whose every call stands for so many: as many are outstanding, and count. */
function holding(ends: Ends, calls: number): Pick<Ends, "measure"> {
  return {
    async measure(workload) {
      const { outstanding } = workload;
      if (outstanding === undefined || calls === 1) return ends.measure(workload);
      const measured = await ends.measure({ ...workload, outstanding: Math.ceil(outstanding / calls) });
      return { ...measured, callsPerSecond: measured.callsPerSecond * calls };
    },
  };
}
