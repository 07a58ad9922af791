import { type PostgresServer, postgresServer, seededRandom } from "@reeve/testing";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { hold, long } from "../figure.ts";
import { Estate } from "./estate.ts";
import { asked, operations, type Place, type VolumeOperation } from "./operations.ts";
import { holdAll, kept } from "./promises.ts";

vi.setConfig({ testTimeout: 3_600_000, hookTimeout: 60_000 });

let server: PostgresServer;
beforeAll(async () => {
  server = await postgresServer();
});
afterAll(() => server.close());

const seed = Number(process.env.REEVE_SEED ?? Date.now() % 100_000);
const random = seededRandom(seed);
/** Of each operation; all of them when it runs long. */
const points = 1;

test(`a host that is killed at any step of a volume operation settles it when it is back (seed ${seed})`, async () => {
  await using estate = await Estate.open({ server });
  const settings = { host: "block-01" };
  const place: Place = {
    estate,
    volume: estate.volume.at("block-01@ssd"),
    labels: { media: "ssd" },
    address: "block-01@ssd",
    timeout: "60s",
  };
  let host = await estate.start(settings);
  await estate.placeable(place.address);
  let kills = 0;
  for (const operation of operations) {
    const steps = await stepsOf(place, operation);
    for (const step of pointsOf(steps)) {
      const key = `${operation.name}-${step}`;
      const prepared = await operation.prepare(place, key);
      await host.arm(step);
      const told = prepared.run().catch(() => undefined);
      await Promise.race([told, host.stopped()]);
      const where = host.stoppedAt ?? "its end";
      await host.kill();
      kills += 1;
      host = await estate.start(settings);
      await told;
      const verdict = await estate.verdict();
      expect(verdict, `${key}: killed at ${where}; seed ${seed}`).toEqual(kept);
      if (operation.name === "create") await asked(place, key);
      await estate.placeable(place.address);
    }
  }
  const fault = "kill -9 of a host at a step of a volume operation, PostgreSQL";
  hold({ fault, invariant: "kills", bound: { atLeast: operations.length }, figure: kills });
  holdAll(fault, await estate.verdict());

  function pointsOf(steps: number): readonly number[] {
    if (long) return Array.from({ length: steps + 1 }, (_, index) => index + 1);
    return Array.from({ length: points }, () => 1 + Math.floor(random() * steps));
  }

  /** How many steps it has when nothing happens to it. */
  async function stepsOf(where: Place, operation: VolumeOperation): Promise<number> {
    const prepared = await operation.prepare(where, `${operation.name}-whole`);
    await host.arm(Number.MAX_SAFE_INTEGER);
    await prepared.run();
    return host.taken();
  }
});
