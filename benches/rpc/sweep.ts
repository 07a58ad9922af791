import { natsServer } from "@reeve/testing";
import { median } from "../median.ts";
import { type Ends, type Measured, openEnds } from "./ends.ts";
import { type PeerName, titles } from "./stacks.ts";
import { inTurns } from "./turns.ts";

// Without goals: how every stack bears more calls at a time and larger ones. `node --conditions=reeve-source benches/rpc/sweep.ts`

const names: readonly PeerName[] = ["reeve", "nats", "moleculer", "nest"];
const rounds = 5;
const forMs = 400;
const workloads = [
  ...[1, 64, 256, 1_024].map((outstanding) => ({ outstanding, bytes: 100 })),
  { outstanding: 64, bytes: 4_096 },
  { outstanding: 64, bytes: 65_536 },
];

await using broker = await natsServer();
await using stacks = new AsyncDisposableStack();
const ends: Ends[] = [];
for (const name of names) ends.push(stacks.use(await openEnds(name, broker.url)));

console.log(
  "| outstanding | payload, B | stack | calls/s | p50, us | p99, us | p99.9, us | CPU of both ends, us per call |",
);
console.log("|--:|--:|:--|--:|--:|--:|--:|--:|");
for (const { outstanding, bytes } of workloads) {
  const seen = await inTurns(ends, { outstanding, bytes, forMs }, rounds);
  for (const [index, name] of names.entries()) {
    const shown = (of: keyof Measured) =>
      Math.round(median(seen[index]!.map((round) => round[of]))).toLocaleString("en");
    const cells = [
      outstanding,
      bytes,
      titles[name],
      shown("callsPerSecond"),
      shown("p50Us"),
      shown("p99Us"),
      shown("p999Us"),
    ];
    console.log(`| ${[...cells, shown("cpuUsPerCall")].join(" | ")} |`);
  }
}
