import { type PostgresServer, postgresServer } from "@reeve/testing";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { hold, long, note } from "../figure.ts";
import { clusterBackend, clusterName, Estate, until } from "./estate.ts";
import { leaveWork, rowsLeft } from "./left-work.ts";
import type { Place } from "./operations.ts";
import { holdAll } from "./promises.ts";

vi.setConfig({ testTimeout: 900_000, hookTimeout: 60_000 });

const counts = long ? [1, 1_000, 10_000] : [100];
const cleaners = long ? 50 : 4;
const raced = long ? 1_000 : 200;
/** More than the last of them should take, in milliseconds. */
const boundMs = 300_000;

let server: PostgresServer;
beforeAll(async () => {
  server = await postgresServer({ settings: { max_connections: 4 * cleaners + 60 } });
});
afterAll(() => server.close());

function placeAt(estate: Estate, address: string, media: string): Place {
  return { estate, volume: estate.volume.at(address), labels: { media }, address, timeout: "20s" };
}

test.each(counts)("a host that comes back settles what it has left: %i rows", async (rows) => {
  await using estate = await Estate.open({ server });
  const settings = { host: "block-01" };
  const host = await estate.start(settings);
  const place = placeAt(estate, "block-01@ssd", "ssd");
  await estate.placeable(place.address);
  await leaveWork(estate, host, place, rows);
  expect(await rowsLeft(estate)).toBe(rows);
  const startedAt = performance.now();
  await estate.start(settings);
  await until("all of it to be settled", async () => (await rowsLeft(estate)) === 0, boundMs);
  const fault = "kill -9 of a host, PostgreSQL";
  const invariant = `from the start of the process until ${rows} rows are settled`;
  const figure = performance.now() - startedAt;
  note({ fault, invariant, bound: { atMost: boundMs }, figure, unit: "ms" });
  holdAll(`${fault}, ${rows} rows left`, await estate.verdict());
});

test(`of ${cleaners} members that race to finish what a dead one has left, one gets each row`, async () => {
  await using estate = await Estate.open({ server });
  const member = (host: string) => ({
    ...{ host, cluster: clusterName, storage: false, scheduler: host === "member-00", pool: { max: 2 } },
    capabilityIntervalMs: 1_000,
  });
  const dead = await estate.start(member("dead"));
  const names = Array.from({ length: cleaners }, (_, index) => `member-${String(index).padStart(2, "0")}`);
  for (const name of names) await estate.start(member(name));
  await estate.placeable(clusterBackend);
  await leaveWork(estate, dead, placeAt(estate, "dead@nas", "nas"), raced);
  await until("all of it to be settled", async () => (await rowsLeft(estate)) === 0, boundMs);
  const fault = `${cleaners} members finish what a dead one has left`;
  const { seen } = await estate.evidence();
  hold({ fault, invariant: "rows claimed", bound: { atLeast: raced }, figure: seen.claimed });
  hold({ fault, invariant: "cleaners beyond one for each row", bound: { is: 0 }, figure: seen.claims - seen.claimed });
  holdAll(fault, await estate.verdict());
});
