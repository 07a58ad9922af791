import { parseArgs } from "node:util";
import { seededRandom } from "@reeve/testing";
import { noSmallDisk, smallDisk } from "../../kit/small-disk.ts";
import { Account } from "./account.ts";
import { databaseFaults } from "./database-faults.ts";
import { diskFaults } from "./disk-faults.ts";
import { judgeErrands } from "./errand-audit.ts";
import { ErrandLoad, everybodyTurns } from "./errand-load.ts";
import { type ErrandsSeen, errandsSeen, errandsWitnessed } from "./errand-witness.ts";
import { clusterBackend, clusterName, until } from "./estate.ts";
import { type Grown, grew, measured, shownGrowth } from "./growth.ts";
import { Load } from "./load.ts";
import type { Place } from "./operations.ts";
import { proxiedEstate } from "./proxied-estate.ts";
import { type SoakHost, soakFaults } from "./soak-faults.ts";

// Usage: soak.ts [--minutes N] [--seed S]. Mixes all faults at random over processes under load: volumes, durable casts, timers,
// tasks of the cluster and leases. Checks after every few faults, and at the end. Fails when the checker finds something, or when
// memory or the runtime's tables grow.
const { values } = parseArgs({ options: { minutes: { type: "string" }, seed: { type: "string" } } });
const minutes = Number(values.minutes ?? 10);
const seed = Number(values.seed ?? Date.now() % 1_000_000);
const faultsBetweenChecks = 4;

const settings: readonly SoakHost[] = [
  { host: "block-01", cluster: clusterName, scheduler: false },
  { host: "block-02", cluster: clusterName, scheduler: false },
  { host: "block-03", scheduler: false },
  { host: "sched-01", storage: false },
  { host: "sched-02", storage: false },
].map((one: SoakHost) => ({ ...one, errands: true }));
const random = seededRandom(seed);
console.log(`soak of ${minutes} minutes, seed ${seed}`);

await using closing = new AsyncDisposableStack();
const disk = smallDisk(2_048);
if (disk) closing.use(disk);
else console.log(`no disk is filled: ${noSmallDisk}`);
const { estate, proxy } = closing.use(
  await proxiedEstate({ settings: { max_connections: 60 }, ...(disk ? { directory: disk.root } : {}) }),
);
const faultsOfSoak = soakFaults(disk ? [...databaseFaults, ...diskFaults(disk)] : databaseFaults);
await estate.start(settings[0]!);
await errandsWitnessed(estate.server, estate.url);
for (const one of settings.slice(1)) await estate.start(one);
const errands = new Account();
/** Each host that is in no cluster runs the tasks for itself. */
const turningPlaces = 1 + settings.filter(({ cluster }) => cluster === undefined).length;
const errandPlaces = [clusterName, ...settings.map(({ host }) => host)];
const places: readonly Place[] = [
  ...["block-01", "block-02", "block-03"].map((host) => ({ address: `${host}@ssd`, labels: { media: "ssd", host } })),
  { address: clusterBackend, labels: { media: "nas" } },
].map((place) => ({ ...place, estate, volume: estate.volume.at(place.address), timeout: "20s" as const }));
const addresses = places.map(({ address }) => address);
await estate.placeable(...addresses);

const endsAt = performance.now() + minutes * 60_000;
const rounds: Grown[] = [];
let faults = 0;
let holds = 0;
let failed = false;
for (let round = 0; performance.now() < endsAt; round++) {
  const load = new Load(estate, places, random, { name: `round-${round}-` });
  const errandLoad = new ErrandLoad(estate, random, { name: `${round}-`, account: errands, places: errandPlaces });
  const struck: string[] = [];
  for (let count = 0; count < faultsBetweenChecks && performance.now() < endsAt; count++) {
    const fault = faultsOfSoak[Math.floor(random() * faultsOfSoak.length)]!;
    struck.push(fault.name);
    faults += 1;
    await fault.strike({ estate, proxy, settings, random });
    const done = load.done;
    await until(`calls to be answered after: ${fault.name}`, () => load.done >= done + 3, 120_000);
  }
  await Promise.all([load.stop(), errandLoad.stop()]);
  holds += errandLoad.held;
  await estate.placeable(...addresses);
  const verdict = await estate.verdict();
  await until("every task to be run, and every lease to be had", () => everybodyTurns(estate, turningPlaces));
  const seen = await errandsSeen(estate.server, estate.url);
  const grown = await measured(estate, errands);
  rounds.push(grown);
  const { entries, acknowledged } = estate.account;
  console.log(
    `round ${round}: ${struck.join("; ")}. So far ${entries.length} calls, ${acknowledged} acknowledged; ${toldOf(seen.counts)}`,
  );
  console.log(`  ${shownGrowth(grown)}`);
  const found = { ...verdict, ...judgeErrands(errands, seen), grown: [...grew(rounds)] };
  for (const [promise, what] of Object.entries(found) as [string, readonly string[]][]) {
    if (what.length === 0) continue;
    failed = true;
    console.log(`  ${promise}: ${what.join("; ")}`);
  }
  if (failed) break;
}
const codes = await Promise.all(estate.hosts.map(async (host) => [host.name, await host.stop()] as const));
for (const [name, code] of codes.filter(([, code]) => code !== 0)) {
  failed = true;
  console.log(`${name} ended with ${code}`);
}
const { counts } = await errandsSeen(estate.server, estate.url);
console.log(
  `${failed ? "FAILED" : "passed"}: ${faults} faults, ${estate.account.entries.length} calls, ${toldOf(counts)}, seed ${seed}`,
);
process.exitCode = failed ? 1 : 0;

function toldOf({ done, turns }: ErrandsSeen["counts"]): string {
  return `${errands.entries.length} errands, ${done} done, ${turns} turns of tasks, ${holds} times a lease held`;
}
