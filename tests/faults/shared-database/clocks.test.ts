import { expect, test, vi } from "vitest";
import { clusterBackend, clusterName, Estate } from "./estate.ts";
import { operations, type Place } from "./operations.ts";
import { holdAll } from "./promises.ts";

vi.setConfig({ testTimeout: 300_000, hookTimeout: 60_000 });

const hourMs = 3_600_000;

test("members whose wall clocks are two hours apart do every operation, take nothing from one another, and one finishes the other's", async () => {
  await using estate = await Estate.open();
  const member = { cluster: clusterName, storage: false };
  const [early, late] = await Promise.all([
    estate.start({ ...member, host: "early", wallSkewMs: -hourMs }),
    estate.start({ ...member, host: "late", wallSkewMs: hourMs }),
  ]);
  await estate.placeable(clusterBackend);
  const fault = "wall clocks of members an hour off, each way";
  const places: readonly Place[] = [early!, late!].map(({ name }) => {
    const address = `${name}@nas`;
    return { estate, volume: estate.volume.at(address), labels: { media: "nas" }, address, timeout: "12s" };
  });
  for (const [index, place] of places.entries()) {
    for (const operation of operations) await (await operation.prepare(place, `${operation.name}-${index}`)).run();
  }
  expect((await estate.evidence()).seen.claims, "work that was taken from a member that lives").toBe(0);
  // The one that is ahead dies: what it says of when its work began is not what the other goes by.
  const clone = await operations.find(({ name }) => name === "clone")!.prepare(places[1]!, "left");
  await late!.arm("before clones.clone");
  const told = clone.run().catch(() => undefined);
  await late!.stopped();
  await told;
  const verdict = await estate.verdict();
  expect((await estate.evidence()).seen.claims).toBe(1);
  holdAll(fault, verdict);
});
