import { seededRandom } from "@reeve/testing";
import { expect, test, vi } from "vitest";
import { long } from "../figure.ts";
import { clusterName, Estate, until } from "./estate.ts";
import type { Host } from "./host.ts";
import { Load } from "./load.ts";
import { make, type Place } from "./operations.ts";
import { holdAll } from "./promises.ts";

vi.setConfig({ testTimeout: 300_000, hookTimeout: 60_000 });

const seed = Number(process.env.REEVE_SEED ?? Date.now() % 100_000);

test(`of processes that race at one address on one database one serves, and none of them writes for another (seed ${seed})`, async () => {
  await using estate = await Estate.open();
  const settings = { host: "block-01" };
  const first = await estate.start(settings);
  const address = "block-01@ssd";
  const place: Place = { estate, volume: estate.volume.at(address), labels: { media: "ssd" }, address, timeout: "20s" };
  await estate.placeable(address);
  const load = new Load(estate, [place], seededRandom(seed), { workers: 3 });
  await until("calls to be answered", () => load.done >= 5);
  // They come while the first one works, at the same time. Its disk is the first one's while that lives.
  const rivals = [estate.launch(settings), estate.launch(settings)];
  await Promise.all(rivals.map((rival) => rival.ready()));
  await first.kill();
  await until("another to serve", () => make(place, `served-${performance.now()}`));
  await load.stop();
  holdAll("two processes race at one address, on one database", await estate.verdict(), `seed ${seed}`);
  expect(rivals.filter(({ ended }) => ended)).toEqual([]);
});

const kinds = [
  { whose: "a host's", settings: {}, backend: "ssd" },
  { whose: "a cluster member's", settings: { cluster: clusterName, storage: false }, backend: "nas" },
] as const;

/** Who serves which manager. @throws Error where a manager is not served by one and left to it by all others */
async function sharedOut(hosts: readonly Host[]): Promise<ReadonlyMap<string, Host>> {
  const serving = new Map<string, Host>();
  const states = await Promise.all(hosts.map((host) => host.states()));
  for (const [index, of] of states.entries())
    for (const [manager, state] of Object.entries(of)) {
      if (state === "serving ready" && !serving.has(manager)) serving.set(manager, hosts[index]!);
      else if (state !== "degraded ADDRESS_CLAIMED") throw new Error(`${manager} is ${state}`);
    }
  if (serving.size < Object.keys(states[0]!).length) throw new Error("nobody serves one of them");
  return serving;
}

test.each(long ? kinds : kinds.slice(-1))(
  `of processes that start at once at $whose address one serves each manager and none ends, down to the last (seed ${seed})`,
  async ({ settings, backend }) => {
    await using estate = await Estate.open();
    const all = Array.from({ length: long ? 5 : 3 }, () => estate.launch({ host: "block-01", ...settings }));
    await Promise.all(all.map((host) => host.ready()));
    await estate.witness();
    const address = `block-01@${backend}`;
    const volume = estate.volume.at(address);
    const place: Place = { estate, volume, labels: { media: backend }, address, timeout: "20s" };
    const load = new Load(estate, [place], seededRandom(seed), { workers: 3 });
    let left: readonly Host[] = all;
    for (;;) {
      let serving: ReadonlyMap<string, Host> | undefined;
      await until("each manager to be served by one", async () => {
        serving = await sharedOut(left);
        return true;
      });
      await until("calls to be answered", () => make(place, `served-${left.length}-${performance.now()}`));
      expect(left.filter(({ ended }) => ended)).toEqual([]);
      if (left.length === 1) break;
      const holder = serving!.get(`volume/${address}`)!;
      await holder.kill();
      left = left.filter((host) => host !== holder);
    }
    await load.stop();
    holdAll("processes start at once at one address, on one database", await estate.verdict(), `seed ${seed}`);
  },
);
