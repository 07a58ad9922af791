// node --conditions=reeve-source examples/fleet-simulator/main.ts --hosts 1000,10000 [--schedulers 2] [--seconds 10] [--json]
import { readOptions } from "./options.ts";
import { type Measured, simulate } from "./simulation.ts";

const options = readOptions(process.argv.slice(2));
const columns: readonly [string, (measured: Measured) => string][] = [
  ["hosts", ({ hosts }) => hosts.toLocaleString("en")],
  ["known after", ({ knownMs }) => `${(knownMs / 1_000).toFixed(1)} s`],
  ["memory each", ({ bytesPerHost }) => `${(bytesPerHost / 1_000).toFixed(1)} kB`],
  ["messages/s", ({ messagesASecond }) => messagesASecond.toFixed(0)],
  ["quiet cpu", ({ quietCpuPercent }) => `${quietCpuPercent.toFixed(1)} %`],
  ["placements/s", ({ placementsASecond }) => placementsASecond.toFixed(0)],
  ["no host/s", ({ noHostASecond }) => noHostASecond.toFixed(0)],
  ["p50", ({ p50Ms }) => `${p50Ms.toFixed(1)} ms`],
  ["p99", ({ p99Ms }) => `${p99Ms.toFixed(1)} ms`],
  ["cpu each", ({ cpuUsPerPlacement }) => `${cpuUsPerPlacement.toFixed(0)} us`],
  ["changes/s", ({ changesASecond }) => changesASecond.toFixed(0)],
];
const width = 13;
const row = (cells: readonly string[]) => cells.map((cell) => cell.padStart(width)).join("");

if (!options.json) console.log(row(columns.map(([name]) => name)));
for (const hosts of options.hosts) {
  const measured = await simulate(hosts, options);
  console.log(options.json ? JSON.stringify(measured) : row(columns.map(([, cell]) => cell(measured))));
}
