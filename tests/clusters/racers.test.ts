import { postgres } from "@reeve/postgres";
import { postgresServer } from "@reeve/testing";
import { expect, onTestFinished, test } from "vitest";

// Fifty journals, and no fifty supervisors, whose loops would be held up for so long that they took each other for dead.
const kit = new URL("../../packages/runtime/src/recovery/house.test-kit.ts", import.meta.url).href;
const { begin, openHouse } = (await import(kit)) as { readonly begin: any; readonly openHouse: any };

const racers = 50;

test("of fifty that take over a dead member on PostgreSQL one recovers each row, and none is left", {
  timeout: 60_000,
}, async () => {
  const server = await postgresServer({ settings: { max_connections: 50 } });
  onTestFinished(() => server.close());
  const url = await server.createDatabase();
  // Two processes: of one alone, transactions might take turns before they reach the server.
  const [one, other] = await Promise.all(
    [1, 2].map(() => openHouse(undefined, undefined, postgres({ url, pool: { max: 20 } }))),
  );
  onTestFinished(async () => {
    await one!.database.close();
    await other!.database.close();
  });
  const dead = await one!.start("dead");
  dead.journal.use({ "volume.creating": () => {} });
  const resources = Array.from({ length: 40 }, (_, index) => `v${index}`);
  for (const resource of resources) await begin(dead, resource);
  const cleaned: string[] = [];
  const running = new Set<string>();
  const peers: any[] = [];
  for (let n = 0; n < racers; n++)
    peers.push({ house: n % 2 === 0 ? one! : other!, ...(await (n % 2 === 0 ? one! : other!).start(`peer-${n}`)) });
  await Promise.all(
    peers.map(async ({ house, journal, registration }) => {
      journal.use({
        "volume.creating": async ({ resource }: { readonly resource: string }) => {
          expect(running.has(resource)).toBe(false);
          running.add(resource);
          await Promise.resolve();
          running.delete(resource);
          return () => void cleaned.push(resource);
        },
      });
      const { epoch } = await house.registry.fencePeer({ manager: "volume", address: "dead" }, 1, registration.address);
      await journal.takeOver("dead", epoch);
    }),
  );
  // A commit that the database did not take for the others' sake is tried again.
  for (let round = 0; round < 20 && (await one!.rows()).length > 0; round++) {
    for (const { clock } of [one!, other!]) await clock.advance(60_000);
    await Promise.all(peers.map(({ journal }) => journal.settled()));
  }
  expect(await one!.rows()).toEqual([]);
  expect([...new Set(cleaned)].toSorted()).toEqual(resources.toSorted());
  await expect(begin(dead, "v99")).rejects.toMatchObject({ reason: "FENCED" });
});
