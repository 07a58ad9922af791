import { type PostgresServer, postgresServer, seededRandom } from "@reeve/testing";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { hold, long, note } from "../figure.ts";
import { clusterBackend, clusterName, Estate, until } from "./estate.ts";
import { asked, make, operations, type Place } from "./operations.ts";
import { holdAll, kept } from "./promises.ts";

vi.setConfig({ testTimeout: 3_600_000, hookTimeout: 60_000 });

let server: PostgresServer;
beforeAll(async () => {
  server = await postgresServer();
});
afterAll(() => server.close());

const seed = Number(process.env.REEVE_SEED ?? Date.now() % 100_000);
const random = seededRandom(seed);
const labels = { media: "nas" };
const member = (host: string) => ({ host, cluster: clusterName, storage: false, scheduler: false });
const victims = ["block-01", "block-02", "block-03", "block-04"];
/** Steps of the longest operation, about. */
const mostSteps = 40;
const rounds = long ? 40 : 1;

function placeAt(estate: Estate, host: string): Place {
  const address = `${host}@nas`;
  return { estate, volume: estate.volume.at(address), labels, address, timeout: "12s" };
}

test(`what members had begun when they were killed, at any step, is settled by the one that lives (seed ${seed})`, async () => {
  await using estate = await Estate.open({ server });
  await estate.start({ ...member("block-00"), scheduler: true });
  await Promise.all(victims.map((host) => estate.start(member(host))));
  await estate.placeable(clusterBackend);
  const fault = "kill -9 of four members of a cluster at steps of volume operations";
  let kills = 0;
  for (let round = 0; round < rounds; round++) {
    const chosen = await Promise.all(
      victims.map(async (victim, index) => {
        const operation = operations[(round * victims.length + index) % operations.length]!;
        const step = 1 + Math.floor(random() * mostSteps);
        const place = placeAt(estate, victim);
        const prepared = await operation.prepare(place, `${operation.name}-${round}-${victim}`);
        return { victim, operation, step, place, prepared };
      }),
    );
    const told = await Promise.all(
      chosen.map(async ({ victim, step, prepared }) => {
        const host = estate.host(victim);
        await host.arm(step);
        const answer = prepared.run().catch(() => undefined);
        await Promise.race([answer, host.stopped()]);
        await host.kill();
        kills += 1;
        return { answer, where: host.stoppedAt };
      }),
    );
    const diedAt = performance.now();
    const verdict = await estate.verdict();
    note({
      fault,
      invariant: "settled by the survivor within",
      bound: { atMost: 20_000 },
      figure: performance.now() - diedAt,
      unit: "ms",
    });
    const story = chosen.map(({ operation, victim, step }, index) => [
      operation.name,
      victim,
      step,
      told[index]!.where,
    ]);
    expect(verdict, `${JSON.stringify(story)}; seed ${seed}`).toEqual(kept);
    await Promise.all(told.map(({ answer }) => answer));
    const survivor = { ...placeAt(estate, "block-00") };
    for (const { operation, prepared } of chosen) if (operation.name === "create") await asked(survivor, prepared.key);
    if (round + 1 < rounds) await Promise.all(victims.map((host) => estate.start(member(host))));
  }
  hold({ fault, invariant: "kills", bound: { is: rounds * victims.length }, figure: kills });
  holdAll(fault, await estate.verdict());
});

test("a member that stands still for longer than its lease is taken over, and writes nothing when it goes on", async () => {
  await using estate = await Estate.open({ server });
  await estate.start({ ...member("block-00"), scheduler: true });
  const paused = await estate.start(member("block-01"));
  await estate.placeable(clusterBackend);
  const place = placeAt(estate, paused.name);
  await make(place, "before");
  await paused.arm("before clones.clone", "pause");
  const [clone] = operations.filter(({ name }) => name === "clone");
  const prepared = await clone!.prepare(place, "late");
  const told = prepared.run().catch(() => undefined);
  await paused.stopped();
  const stoodAt = performance.now();
  await estate.settled();
  const fault = "SIGSTOP of a member of a cluster in a driver call";
  note({
    fault,
    invariant: "taken over within",
    bound: { atMost: 20_000 },
    figure: performance.now() - stoodAt,
    unit: "ms",
  });
  paused.signal("SIGCONT");
  await told;
  // It serves again, as another incarnation.
  await until("the member to serve again", () => make(place, "after"));
  const verdict = await estate.verdict();
  expect((await estate.evidence()).seen.claims).toBeGreaterThan(0);
  holdAll(fault, verdict);
});
