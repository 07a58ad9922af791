import { natsServer } from "@reeve/testing";
import { median } from "../median.ts";
import { type Measured, openEnds } from "./ends.ts";
import { type FeatureName, features } from "./features.ts";
import { inTurns } from "./turns.ts";

// Without goals: what each thing that ours does with a call costs, by having it left out. `node --conditions=reeve-source benches/rpc/cost.ts [feature]…`

const rounds = 15;
const workload = { outstanding: 256, bytes: 100, forMs: 400 };

const asked = process.argv.slice(2);
const names = (Object.keys(features) as FeatureName[]).filter((name) => asked.length === 0 || asked.includes(name));

await using broker = await natsServer();
console.log("| without | calls/s | share of all of it | CPU of both ends, us per call | it costs, us |");
console.log("|:--|--:|--:|--:|--:|");
for (const name of names) await print(name);

/** A pair of its own for each: whoever had run for longer than the other would be faster for that alone. */
async function print(name: FeatureName): Promise<void> {
  await using whole = await openEnds("reeve", broker.url);
  await using less = await openEnds(`without ${name}`, broker.url);
  const [all, fewer] = (await inTurns([whole, less], workload, rounds)) as [readonly Measured[], readonly Measured[]];
  const of = (figure: (less: Measured, all: Measured) => number) =>
    median(fewer.map((measured, round) => figure(measured, all[round]!)));
  const cells = [
    features[name].title,
    Math.round(of((less) => less.callsPerSecond)).toLocaleString("en"),
    of((less, all) => less.callsPerSecond / all.callsPerSecond).toFixed(2),
    of((less) => less.cpuUsPerCall).toFixed(2),
    of((less, all) => all.cpuUsPerCall - less.cpuUsPerCall).toFixed(2),
  ];
  console.log(`| ${cells.join(" | ")} |`);
}
