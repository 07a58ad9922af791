import { type Host, scheduler } from "@reeve/managers/scheduler";
import { VolumeStatus } from "@reeve/managers/volume";
import fc from "fast-check";
import { expect, test } from "vitest";
import { BlockHouse, mib } from "../volume/block-house.ts";
import { sizedDevice } from "../volume/sized-device.ts";

const mibs = 64;

async function listed(house: BlockHouse): Promise<Host | undefined> {
  const { items } = await house.supervisor.ref(scheduler).hosts({});
  return items.find(({ address }) => address === house.backend().address);
}

/** What can be placed there, by its last report of this incarnation, once that says so again. */
async function room(house: BlockHouse): Promise<unknown> {
  const { epoch } = house.report();
  let seen: Host | undefined;
  await expect
    .poll(
      async () => {
        seen = await listed(house);
        return seen?.epoch === epoch && seen.excludedBy.length === 0;
      },
      { timeout: 15_000, interval: 10 },
    )
    .toBe(true);
  const { volumes, allocatedBytes, provisionedBytes, unwrittenBytes } = seen!.capabilities;
  return { volumes, allocatedBytes, provisionedBytes, unwrittenBytes, ...seen!.resources.sizeGiB };
}

const volume = fc.record({ size: fc.integer({ min: 1, max: 4 }), status: fc.constantFrom(...VolumeStatus.options) });

test("what can be placed on a host is the same after a restart, whatever status its volumes have", {
  timeout: 120_000,
}, async () => {
  const run = fc.asyncProperty(fc.array(volume, { minLength: 1, maxLength: 6 }), async (made) => {
    await using house = await BlockHouse.open({ device: sizedDevice(mibs, "full") });
    for (const [index, { size, status }] of made.entries()) {
      const { id } = await house.make(`v${index}`, size * mib);
      await house.byHand("update volume_volumes set status = ? where id = ?", status, id);
    }
    const promisedMiB = made.reduce((sum, { size }) => sum + size, 0);
    await house.crash();
    const before = await room(house);
    // Whatever is being done to a volume, and whatever went wrong, what it was promised is its own.
    expect(before).toMatchObject({ volumes: made.length, allocatedBytes: promisedMiB * 2 ** 20 });
    expect(before).toMatchObject({ total: mibs * mib, reserved: 0 });
    await house.crash();
    expect(await room(house)).toEqual(before);
  });
  const every = VolumeStatus.options.map((status) => ({ size: 2, status }));
  await fc.assert(run, { numRuns: 6, examples: [[every]] });
});
