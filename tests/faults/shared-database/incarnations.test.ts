import { seededRandom } from "@reeve/testing";
import { expect, test, vi } from "vitest";
import { Estate, until } from "./estate.ts";
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
  // One that is superseded while it starts says so and ends.
  await Promise.allSettled(rivals.map((rival) => rival.ready()));
  await first.kill();
  await until("another to serve", () => make(place, `served-${performance.now()}`));
  await load.stop();
  holdAll("two processes race at one address, on one database", await estate.verdict(), `seed ${seed}`);
  expect(rivals.filter(({ ended }) => !ended).length).toBeGreaterThan(0);
});
