/*
 * A tenant's quota over several hosts. The races: creates that count at the same time on different hosts; a manager that crashes, or a
 * host that dies, between its count and its answer.
 */
import { ReeveError } from "@reeve/contract";
import { volumes } from "@reeve/managers/volume";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { mib } from "./block-house.ts";
import { Rack } from "./rack.ts";
import { type World, worlds } from "./worlds.ts";

vi.setConfig({ testTimeout: 120_000 });

const names = ["block-01", "block-02", "block-03"];
const limitMiB = 12;
const config = { quotaGiB: limitMiB * mib };

async function racked(world: World) {
  const rack = await Rack.open({ config, ...(await world.options()) });
  await rack.known();
  const of = (name: string, tenant: string) =>
    rack.host(name).supervisor.as({ user: "u", tenant, roles: [] }).ref(volumes);
  const usedMiB = async (name: string, tenant: string) => {
    const { items } = await of(name, tenant).list({ limit: 100 });
    return items.reduce((sum, { sizeGiB }) => sum + sizeGiB / mib, 0);
  };
  return { rack, of, usedMiB };
}

function isRefused(result: PromiseSettledResult<unknown>): boolean {
  return (
    result.status === "rejected" && result.reason instanceof ReeveError && result.reason.reason === "QUOTA_EXCEEDED"
  );
}

describe.each(worlds())("$name", (world) => {
  test("of 40 creates at once from three hosts exactly as many succeed as fit", async () => {
    const { rack, of, usedMiB } = await racked(world);
    await using _ = rack;
    let run = 0;
    const sizes = fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 40, maxLength: 40 });
    const property = fc.asyncProperty(sizes, async (sizesMiB) => {
      const tenant = `t${run++}`;
      const creates = sizesMiB.map((sizeMiB, at) =>
        of(names[at % 3]!, tenant).create({ name: `v${at}`, sizeGiB: sizeMiB * mib }),
      );
      const settled = await Promise.allSettled(creates);
      const made = sizesMiB.filter((_, at) => settled[at]!.status === "fulfilled");
      const refused = sizesMiB.filter((_, at) => isRefused(settled[at]!));
      expect(made.length + refused.length).toBe(40);
      const used = made.reduce((sum, sizeMiB) => sum + sizeMiB, 0);
      expect(used).toBeLessThanOrEqual(limitMiB);
      // Whatever was refused does not fit.
      expect(used + Math.min(...refused)).toBeGreaterThan(limitMiB);
      for (const name of names) expect(await usedMiB(name, tenant)).toBeCloseTo(used, 6);
    });
    await fc.assert(property, { numRuns: 5 });
  });

  test("and with a manager that crashes and a host that dies meanwhile, no more than fit, and what they leave counts", async () => {
    const { rack, of, usedMiB } = await racked(world);
    await using _ = rack;
    const [first, second, third] = names.map((name) => rack.host(name)) as [
      ReturnType<Rack["host"]>,
      ReturnType<Rack["host"]>,
      ReturnType<Rack["host"]>,
    ];
    const creates = Array.from({ length: 40 }, (_, at) =>
      of(names[at % 3]!, "t").create({ name: `v${at}`, sizeGiB: mib }, { idempotencyKey: `k${at}` }),
    );
    const all = Promise.allSettled(creates);
    await expect.poll(() => usedMiB(first.name, "t"), { interval: 1 }).toBeGreaterThan(2);
    await Promise.all([second.manager.crash(), third.kill()]);
    const settled = await all;
    const made = settled.filter(({ status }) => status === "fulfilled").length;
    expect(made).toBeLessThanOrEqual(limitMiB);
    await rack.start(third.name);
    await rack.known();
    // What was begun is finished, given back or in error, and all of it counts.
    await expect
      .poll(async () => (await of(first.name, "t").list({ limit: 100 })).items.map(({ status }) => status), {
        timeout: 60_000,
        interval: 50,
      })
      .not.toContain("creating");
    const used = Math.round(await usedMiB(first.name, "t"));
    expect(used).toBeLessThanOrEqual(limitMiB);
    expect(used).toBeGreaterThanOrEqual(made);
    const more = Array.from({ length: 15 }, (_, at) => of(names[at % 3]!, "t").create({ name: "m", sizeGiB: mib }));
    const added = (await Promise.allSettled(more)).filter(({ status }) => status === "fulfilled").length;
    expect(added).toBe(limitMiB - used);
  });

  test("a key that was used at one host gives the same answer at every other", async () => {
    const { rack, of } = await racked(world);
    await using _ = rack;
    const input = { name: "v", sizeGiB: mib };
    const key = { idempotencyKey: "k" };
    const made = await of("block-01", "t").create(input, key);
    for (const name of names) {
      const { address } = rack.host(name);
      expect(await of(name, "t").at(address).create(input, key)).toEqual(made);
    }
    expect((await of("block-03", "t").list({})).items).toEqual([made]);
  });
});
