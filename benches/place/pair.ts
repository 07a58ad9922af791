import { natsServer, type PostgresServer } from "@reeve/testing";
import { ratioOf } from "../alternate.ts";
import type { Figure } from "../figure.ts";
import { median } from "../median.ts";
import { type SchedulerProcesses, schedulerProcesses } from "./processes.ts";
import { request } from "./request.ts";

/** Calls outstanding, by the figures' ids: as many as in the other figures, and more than one turn takes in. */
const loads = { pair: 64, "pair.256": 256 } as const;
type Load = keyof typeof loads;
const rounds = 7;
const roundMs = 2_000;
const peerName = "one scheduler, with the same callers";

interface Round {
  readonly placementsPerSecond: number;
  /** Of all its schedulers. */
  readonly cpuUsPerPlacement: number;
}

/** Two schedulers in a process each, and one in one: over one broker and one PostgreSQL, with the same callers, in turns. */
export async function pair(hosts: number, server: PostgresServer): Promise<readonly Figure[]> {
  await using broker = await natsServer();
  const started = async (count: number) =>
    schedulerProcesses({ count, hosts, servers: broker.url, url: await server.createDatabase() });
  await using one = await started(1);
  await using two = await started(2);
  const figures: Figure[] = [];
  for (const load of Object.keys(loads) as Load[]) {
    const found = new Map<SchedulerProcesses, Round[]>([one, two].map((which) => [which, []]));
    for (const which of [one, two]) await measure(which, `${load}-w`, loads[load]);
    for (let round = 0; round < rounds; round++) {
      // Each is first as often as last.
      for (const which of round % 2 === 0 ? [one, two] : [two, one])
        found.get(which)!.push(await measure(which, `${load}-r${round}-`, loads[load]));
    }
    const figure = (id: string, of: keyof Round, unit: string): Figure => {
      const [ours, peer] = [two, one].map((which) => found.get(which)!.map((round) => round[of])) as [
        number[],
        number[],
      ];
      return { id, ours: median(ours), peer: median(peer), ratio: ratioOf(ours, peer), unit, peerName };
    };
    figures.push(
      figure(`place.pg.${hosts}.${load}`, "placementsPerSecond", "placements/s"),
      figure(`place.pg.${hosts}.${load}.cpu`, "cpuUsPerPlacement", "us"),
    );
  }
  return figures;
}

async function measure({ ref, cpuUs }: SchedulerProcesses, name: string, outstanding: number): Promise<Round> {
  const before = await cpuUs();
  const begun = performance.now();
  let placed = 0;
  let index = 0;
  const caller = async () => {
    while (performance.now() - begun < roundMs) {
      const asked = request(index++);
      await ref.place({ ...asked, request: `${name}${asked.request}` }, { timeout: "60s" });
      placed += 1;
    }
  };
  await Promise.all(Array.from({ length: outstanding }, caller));
  const seconds = (performance.now() - begun) / 1_000;
  return { placementsPerSecond: placed / seconds, cpuUsPerPlacement: ((await cpuUs()) - before) / placed };
}
