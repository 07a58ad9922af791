/*
 * Creates whose hosts die half way. The races:
 *
 * - the host that builds dies before it has accepted the volume, or after, with its image made or not;
 * - it was only cut off from the others, goes on building, and finds that the volume was taken from it;
 * - the host that places dies before a host has accepted, or while one builds; or both die;
 * - a host that was taken for dead accepts what is being placed elsewhere.
 */
import { describe, expect, test, vi } from "vitest";
import { failure } from "../kit/failure.ts";
import { imagesIn, mib } from "./block-house.ts";
import { Rack, type RackHost } from "./rack.ts";
import type { Moment } from "./steered-driver.ts";

vi.setConfig({ testTimeout: 60_000 });

const dead = { timeout: 40_000, interval: 20 };

/** A rack whose first host places on the others only, the third before the second. */
async function racked() {
  const rack = await Rack.open({
    schedulers: ["block-01"],
    config: (host) => ({ labels: { for: host === "block-01" ? "nobody" : "us" } }),
  });
  await rack.known();
  const [placer, ...builders] = ["block-01", "block-02", "block-03"].map((name) => rack.host(name)) as [
    RackHost,
    RackHost,
    RackHost,
  ];
  return { rack, placer, builders };
}

const input = { name: "v", sizeGiB: mib, labels: { for: "us" } };

/** Holds the creation of an image at whichever host is to build it. */
function holdAt(builders: readonly RackHost[], moment: Moment) {
  const holds = builders.map((host) => ({ host, hold: host.steered.hold("create", moment) }));
  const reached = Promise.race(holds.map(({ host, hold }) => hold.reached.then(() => host)));
  return {
    reached,
    release() {
      for (const { hold } of holds) hold.release();
    },
  };
}

async function nothingLeft(rack: Rack, asked: RackHost) {
  const { items } = await asked.volume.list({});
  for (const name of ["block-01", "block-02", "block-03"]) {
    const here = items.filter(({ host }) => host === `${name}@ssd`).map(({ id }) => `${id}.volume`);
    expect(await imagesIn(rack.host(name).root)).toEqual(here.sort());
  }
  expect(items.filter(({ status }) => status !== "available" && status !== "error")).toEqual([]);
}

describe("a create whose building host dies", () => {
  test.each<Moment>(["before", "after"])(
    "%s its image is made is built elsewhere, and what the host has made is removed when it is back",
    async (moment) => {
      const { rack, placer, builders } = await racked();
      await using _ = rack;
      const { reached, release } = holdAt(builders, moment);
      const creating = placer.volume.at(placer.address).create(input);
      const lost = await reached;
      const [other] = builders.filter((host) => host !== lost) as [RackHost];
      await lost.kill();
      release();
      const made = await creating;
      expect(made).toMatchObject({ status: "available", host: other.address });
      expect(await imagesIn(other.root)).toEqual([`${made.id}.volume`]);
      expect(await imagesIn(lost.root)).toHaveLength(moment === "after" ? 1 : 0);
      await rack.start(lost.name);
      await nothingLeft(rack, placer);
      await rack.known();
      expect(await placer.volume.at(lost.address).rescan({})).toMatchObject({ unknown: [], missing: [], removed: [] });
      await placer.volume.delete({ id: made.id });
      await nothingLeft(rack, placer);
    },
  );

  test("but is only cut off builds in vain, and removes its image by itself", async () => {
    const { rack, placer, builders } = await racked();
    await using _ = rack;
    const { reached, release } = holdAt(builders, "before");
    const creating = placer.volume.at(placer.address).create(input);
    const lost = await reached;
    const [other] = builders.filter((host) => host !== lost) as [RackHost];
    lost.cut();
    // The other is let go; the one that is cut off stands still until the volume is elsewhere.
    other.steered.clear();
    const made = await creating;
    expect(made).toMatchObject({ status: "available", host: other.address });
    release();
    await expect.poll(() => imagesIn(lost.root), dead).toEqual([`${made.id}.volume`]);
    lost.heal();
    await expect.poll(() => imagesIn(lost.root), dead).toEqual([]);
    await nothingLeft(rack, placer);
    expect(await placer.volume.get({ id: made.id })).toEqual(made);
  });
});

describe("a create whose placing host dies", () => {
  test("before a host has accepted it is in error, says why, and gives its room back", async () => {
    const { rack, placer } = await racked();
    await using _ = rack;
    const asked = rack.host("block-02");
    // Nobody offers this, so the placement waits for news of one that does.
    placer.steered.fail("stats", "before", () => new Error("not telling"));
    const creating = failure(placer.volume.at(placer.address).create({ ...input, availabilityZone: "elsewhere" }));
    await expect.poll(() => asked.volume.list({})).toMatchObject({ items: [{ status: "creating", host: null }] });
    await placer.kill();
    await creating;
    await expect
      .poll(() => asked.volume.list({}), dead)
      .toMatchObject({ items: [{ status: "error", host: null, fault: { reason: "INTERRUPTED" } }] });
    const [volume] = (await asked.volume.list({})).items;
    expect(volume!.fault!.message).toContain(placer.address);
    await asked.volume.delete({ id: volume!.id });
    // It comes back to what was settled without it.
    await rack.start(placer.name);
    expect(await asked.volume.list({})).toEqual({ items: [] });
  });

  test("while a host builds it is finished by that one", async () => {
    const { rack, placer, builders } = await racked();
    await using _ = rack;
    const { reached, release } = holdAt(builders, "before");
    const creating = failure(placer.volume.at(placer.address).create(input));
    const builder = await reached;
    await placer.kill();
    await creating;
    release();
    await expect
      .poll(() => builder.volume.list({}), dead)
      .toMatchObject({ items: [{ status: "available", host: builder.address }] });
    await nothingLeft(rack, builder);
  });

  test("and whose building host dies too is in error, and nothing is left when all are back", async () => {
    const { rack, placer, builders } = await racked();
    await using _ = rack;
    const { reached, release } = holdAt(builders, "after");
    const creating = failure(placer.volume.at(placer.address).create(input));
    const builder = await reached;
    const [other] = builders.filter((host) => host !== builder) as [RackHost];
    await Promise.all([placer.kill(), builder.kill()]);
    release();
    await creating;
    await expect.poll(() => other.volume.list({}), dead).toMatchObject({ items: [{ status: "error", host: null }] });
    await rack.start(builder.name);
    await rack.start(placer.name);
    await nothingLeft(rack, other);
    const [volume] = (await other.volume.list({})).items;
    expect(await other.volume.delete({ id: volume!.id })).toEqual({ state: "deleted", host: null });
  });
});
