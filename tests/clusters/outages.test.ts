import { expect, test } from "vitest";
import { long } from "../kit/long.ts";
import { until, valley } from "./processes.ts";

// What everybody loses at once says nothing of anybody; what an observer hears no longer may be its own fault.

// Each takes its windows in real time: in an ordinary run the one that is longer than a lease, with REEVE_LONG all.

/** Members with a sack half ground each, for so long that they may judge. */
async function grinding(names: readonly string[]) {
  const made = await valley(names);
  await made.grindAll();
  await until(() => made.members.every(({ told }) => told.at(-1) === "seeing"));
  return made;
}

test.each(long ? [3, 5, 7, 30] : [7])(
  "a database that stands still for %i s for everybody: nobody is taken for dead",
  {
    timeout: 300_000,
  },
  async (seconds) => {
    const { members, postgres, sacks } = await grinding(["a", "b", "c"]);
    await postgres.pause();
    const pausedAt = performance.now();
    await until(() => performance.now() - pausedAt >= seconds * 1_000);
    postgres.resume();
    const since = performance.now();
    // A window of the database, and as long again for what may come of it.
    await until(() => performance.now() - since > 14_000);
    await until(() => members.every(({ told }) => told.filter((line) => line.startsWith("see")).at(-1) === "seeing"));
    expect(members.map((member) => [member.lives(), member.cleaned()])).toEqual(members.map(() => [["1"], []]));
    expect([...(await sacks()).values()].filter((row) => row.startsWith("recovered"))).toEqual([]);
  },
);

test.skipIf(!long).each(["to-client", "to-server"] as const)(
  "a broker that one member can reach in one direction only (%s is lost): it judges nobody",
  { timeout: 300_000 },
  async (direction) => {
    const { members } = await grinding(["a", "b"]);
    const [a, b] = members as [(typeof members)[0], (typeof members)[0]];
    b.broker.drop(direction);
    await until(() => a.cleaned().length > 0 || b.cleaned().length > 0);
    const since = performance.now();
    await until(() => performance.now() - since > 15_000);
    expect([a.lives(), a.cleaned(), b.cleaned()]).toEqual([["1"], ["of-b"], []]);
    await b.broker.heal();
  },
);
