// What a crash or a driver that gives up leaves is settled. The moments that are forced:
// - the placing manager crashes before a host has accepted the slot, and while that host builds it
// - the building host crashes before and after its rack has taken the units
// - a deletion's manager crashes before and after the rack has freed them; the rack declines, fails for good, fails for now
import { DriverError } from "@reeve/driver-sdk";
import { expect, test } from "vitest";
import { eventually, hall } from "./hall.ts";

const one = { name: "web", units: 1 };
const onA = { place: async () => "hall@a" };
const ignore = () => undefined;

test("a crash before a host has accepted the slot: it is not creating for ever, and its place is given back", async () => {
  const asked = Promise.withResolvers<void>();
  const place = (signal: AbortSignal) => {
    asked.resolve();
    return new Promise<never>((_, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    });
  };
  await using scene = await hall({ place });
  const creating = scene.slot.at("hall@b").create(one).catch(ignore);
  await asked.promise;
  await scene.crash("b");
  await creating;
  const slot = await scene.only();
  expect(slot).toMatchObject({ status: "error", host: null, fault: { reason: "INTERRUPTED" } });
  await eventually(() => expect(scene.released).toContain(slot.id));
});

test("a crash of the manager that placed it: its host builds on, and the key's next call gets the slot", async () => {
  await using scene = await hall(onA);
  const hold = scene.racks.a.hold("take", "before");
  const create = () => scene.slot.at("hall@b").create(one, { idempotencyKey: "k" });
  const creating = create().catch(ignore);
  await hold.reached;
  await scene.crash("b");
  expect(await scene.only()).toMatchObject({ status: "creating", host: "hall@a" });
  hold.release();
  const slot = await eventually(async () => {
    const found = await scene.only();
    expect(found.status).toBe("available");
    return found;
  });
  expect(await eventually(create)).toEqual(slot);
  expect(await scene.only()).toEqual(slot);
  await creating;
});

test.each(["before", "after"] as const)(
  "a crash of the host that builds it, %s its rack has taken the units: its caller gets the slot all the same",
  async (moment) => {
    await using scene = await hall(onA);
    const hold = scene.racks.a.hold("take", moment);
    const creating = scene.slot.at("hall@b").create(one);
    await hold.reached;
    const crashed = scene.crash("a");
    hold.release();
    await crashed;
    const slot = await creating;
    expect(slot).toMatchObject({ status: "available", host: "hall@a", fault: null });
    expect(await scene.only()).toEqual(slot);
    expect(scene.taken()).toHaveLength(1);
  },
);

test.each(["before", "after"] as const)("a crash %s the rack has freed the units: the slot is gone", async (moment) => {
  await using scene = await hall(onA);
  const { id } = await scene.slot.create(one);
  const hold = scene.racks.a.hold("free", moment);
  const deleting = scene.slot.delete({ id }).catch(ignore);
  await hold.reached;
  const crashed = scene.crash("a");
  hold.release();
  await crashed;
  await deleting;
  expect((await scene.slot.list({})).items).toEqual([]);
  expect(scene.taken()).toEqual([]);
});

test.each([
  ["declines", new DriverError("FAILED_PRECONDITION", "a cable is in it"), { status: "available", fault: null }],
  ["fails for good", new DriverError("INTERNAL", "worn out"), { status: "error", fault: { reason: "FAILED" } }],
])("a deletion that the rack %s", async (_, error, after) => {
  await using scene = await hall(onA);
  const { id } = await scene.slot.create(one);
  const again = scene.racks.a.fail("free", "before", error);
  await expect(scene.slot.delete({ id })).rejects.toMatchObject({ reason: "DRIVER_FAILED" });
  expect(await scene.only()).toMatchObject(after);
  again();
  await scene.slot.delete({ id });
  expect(scene.taken()).toEqual([]);
});

test("a deletion that the rack cannot do now is carried through", async () => {
  await using scene = await hall(onA);
  const { id } = await scene.slot.create(one);
  const again = scene.racks.a.fail("free", "before", new DriverError("UNAVAILABLE", "the door is shut"));
  await expect(scene.slot.delete({ id })).rejects.toMatchObject({ reason: "DRIVER_FAILED" });
  expect(await scene.only()).toMatchObject({ status: "deleting" });
  again();
  await eventually(async () => expect((await scene.slot.list({})).items).toEqual([]));
  expect(scene.taken()).toEqual([]);
});
