import { parseArgs } from "node:util";
import { seededRandom } from "@reeve/testing";
import { noSmallDisk, smallDisk } from "../../kit/small-disk.ts";
import type { Verdict } from "./audit.ts";
import { databaseFaults } from "./database-faults.ts";
import { diskFaults } from "./disk-faults.ts";
import { clusterBackend, clusterName, until } from "./estate.ts";
import { Load } from "./load.ts";
import type { Place } from "./operations.ts";
import { proxiedEstate } from "./proxied-estate.ts";
import { type SoakHost, soakFaults } from "./soak-faults.ts";

// Usage: soak.ts [--minutes N] [--seed S]. Mixes all faults at random over processes under load, and checks after every few of
// them, and at the end. Fails when the checker finds something, or when memory or the runtime's tables grow.
const { values } = parseArgs({ options: { minutes: { type: "string" }, seed: { type: "string" } } });
const minutes = Number(values.minutes ?? 10);
const seed = Number(values.seed ?? Date.now() % 1_000_000);
const faultsBetweenChecks = 4;
/** Growth of a process's heap that is taken for noise. */
const heapSlackBytes = 64 * 2 ** 20;

const settings: readonly SoakHost[] = [
  { host: "block-01", cluster: clusterName, scheduler: false },
  { host: "block-02", cluster: clusterName, scheduler: false },
  { host: "block-03", scheduler: false },
  { host: "sched-01", storage: false },
  { host: "sched-02", storage: false },
];
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
for (const one of settings) await estate.start(one);
const places: readonly Place[] = [
  ...["block-01", "block-02", "block-03"].map((host) => ({ address: `${host}@ssd`, labels: { media: "ssd", host } })),
  { address: clusterBackend, labels: { media: "nas" } },
].map((place) => ({ ...place, estate, volume: estate.volume.at(place.address), timeout: "20s" as const }));
const addresses = places.map(({ address }) => address);
await estate.placeable(...addresses);

const endsAt = performance.now() + minutes * 60_000;
let first: Grown | undefined;
let faults = 0;
let failed = false;
for (let round = 0; performance.now() < endsAt; round++) {
  const load = new Load(estate, places, random, { name: `round-${round}-` });
  const struck: string[] = [];
  for (let count = 0; count < faultsBetweenChecks && performance.now() < endsAt; count++) {
    const fault = faultsOfSoak[Math.floor(random() * faultsOfSoak.length)]!;
    struck.push(fault.name);
    faults += 1;
    await fault.strike({ estate, proxy, settings, random });
    const done = load.done;
    await until(`calls to be answered after: ${fault.name}`, () => load.done >= done + 3, 120_000);
  }
  await load.stop();
  await estate.placeable(...addresses);
  const verdict = await estate.verdict();
  const grown = await measured();
  first ??= grown;
  failed = tell(round, struck, verdict) || grew(first, grown) || failed;
  if (failed) break;
}
const codes = await Promise.all(estate.hosts.map(async (host) => [host.name, await host.stop()] as const));
for (const [name, code] of codes.filter(([, code]) => code !== 0)) {
  failed = true;
  console.log(`${name} ended with ${code}`);
}
console.log(`${failed ? "FAILED" : "passed"}: ${faults} faults, ${estate.account.entries.length} calls, seed ${seed}`);
process.exitCode = failed ? 1 : 0;

interface Grown {
  readonly heap: ReadonlyMap<string, number>;
  readonly rows: number;
}

/** Of each process that lives since the start of the round, and of the runtime's tables beside the resources. */
async function measured(): Promise<Grown> {
  const heap = new Map<string, number>();
  for (const host of estate.hosts) heap.set(host.name, await host.heapBytes());
  const [row] = await estate.query(
    `select (select count(*) from reeve_work) + (select count(*) from reeve_outbox) + (select count(*) from reeve_leases) as rows`,
  );
  return { heap, rows: Number(row!.rows) };
}

function grew(from: Grown, to: Grown): boolean {
  const mib = (bytes: number) => Math.round(bytes / 2 ** 20);
  const sizes = [...to.heap].map(([name, bytes]) => `${name} ${mib(bytes)}`);
  console.log(`  heaps in MiB: ${sizes.join(", ")}; rows of work, casts and leases: ${to.rows}`);
  const over = [...to.heap].filter(([name, bytes]) => bytes > (from.heap.get(name) ?? bytes) + heapSlackBytes);
  for (const [name, bytes] of over) console.log(`  the heap of ${name} has grown to ${mib(bytes)} MiB`);
  const rowsGrew = to.rows > from.rows + 100;
  if (rowsGrew) console.log(`  rows of the runtime have grown from ${from.rows} to ${to.rows}`);
  return over.length > 0 || rowsGrew;
}

function tell(round: number, struck: readonly string[], verdict: Verdict): boolean {
  const { entries } = estate.account;
  const answered = estate.account.acknowledged;
  console.log(`round ${round}: ${struck.join("; ")}. ${entries.length} calls so far, ${answered} acknowledged`);
  const found = Object.entries(verdict).filter(([, what]) => (what as readonly string[]).length > 0);
  for (const [promise, what] of found) console.log(`  ${promise}: ${(what as readonly string[]).join("; ")}`);
  return found.length > 0;
}
