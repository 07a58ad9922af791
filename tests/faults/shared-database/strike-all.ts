import { expect } from "vitest";
import { hold, long } from "../figure.ts";
import type { DatabaseFault } from "./database-faults.ts";
import { until } from "./estate.ts";
import { Load } from "./load.ts";
import type { Place } from "./operations.ts";
import { holdAll } from "./promises.ts";
import type { ProxiedEstate } from "./proxied-estate.ts";

const hosts = ["block-01", "block-02"];
/** When it lasts longer than work waits for a connection (15 s), what was begun meanwhile is recovered after a minute. */
const lastsMs = long ? 20_000 : 2_000;

/** Lets them befall a database one after the other while callers go on, and holds what these were told to what is there then. */
export async function strikeAll({ estate, proxy }: ProxiedEstate, faults: readonly DatabaseFault[], seed: Seed) {
  await Promise.all(hosts.map((host) => estate.start({ host })));
  const places: readonly Place[] = hosts.map((host) => {
    const address = `${host}@ssd`;
    return { estate, volume: estate.volume.at(address), labels: { host }, address, timeout: "20s" };
  });
  await estate.placeable(...places.map(({ address }) => address));
  for (const [index, { name, strike }] of faults.entries()) {
    const load = new Load(estate, places, seed.random, { name: `fault-${index}-` });
    const before = load.done;
    await until("calls to be answered", () => load.done >= before + 5);
    await strike(estate, proxy, lastsMs);
    const after = load.done;
    // They go on by themselves.
    await until(`calls to be answered after: ${name}`, () => load.done >= after + 5);
    await load.stop();
    hold({ fault: name, invariant: "calls answered", bound: { atLeast: 10 }, figure: load.done - before });
    holdAll(name, await estate.verdict(), `${name}; seed ${seed.value}`);
  }
  for (const host of estate.hosts) expect(host.ended, `${host.name} ended: ${host.code}`).toBe(false);
}

interface Seed {
  readonly value: number;
  readonly random: () => number;
}
