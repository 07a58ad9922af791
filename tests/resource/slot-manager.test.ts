// A manager that was written on the kit alone keeps what the kit promises.
import { isError, reeveError } from "@reeve/contract";
import { DriverError } from "@reeve/driver-sdk";
import { allTenants } from "@reeve/managers";
import { expect, test } from "vitest";
import { failure } from "../kit/failure.ts";
import { eventually, hall } from "./hall.ts";
import { slots } from "./slot-manager.ts";

const one = { name: "web", units: 1 };
const worn = new DriverError("INTERNAL", "worn out");
test("a slot is placed, built, found, listed in pages and removed, with nothing left", async () => {
  await using scene = await hall();
  const { slot, taken } = scene;
  const made = [await slot.create(one), await slot.create(one), await slot.create(one)];
  expect(made[0]).toMatchObject({ ...one, tenant: "default", status: "available", fault: null });
  expect(taken()).toEqual(made.map(({ id }) => id).sort());
  expect(await slot.get({ id: made[1]!.id })).toEqual(made[1]);
  const first = await slot.list({ limit: 2 });
  expect(first).toEqual({ items: made.slice(0, 2), next: made[1]!.id });
  await slot.delete({ id: made[0]!.id });
  expect(await slot.list({ limit: 2, cursor: first.next! })).toEqual({ items: [made[2]] });
  const { host } = made[1]!;
  expect((await slot.list({ filter: { host: host!, status: "available" } })).items).toContainEqual(made[1]);
  expect((await slot.list({ filter: { status: "error" } })).items).toEqual([]);
  for (const { id } of made.slice(1)) await slot.delete({ id });
  expect((await slot.list({})).items).toEqual([]);
  expect(taken()).toEqual([]);
});

test("what another tenant has looks as if it were not there", async () => {
  await using scene = await hall();
  const { id } = await scene.of("a").create(one);
  const stranger = scene.of("b");
  const unknown = await failure(stranger.get({ id: "nothing" }));
  const refused = [stranger.get({ id }), stranger.delete({ id }), stranger.at("hall@a").build({ id })];
  for (const error of await Promise.all(refused.map(failure))) {
    expect(error).toMatchObject({ reason: "ROW_NOT_FOUND", data: { table: "slots", key: id } });
    expect(error.message.replace(id, "nothing")).toBe(unknown.message);
  }
  expect((await stranger.list({})).items).toEqual([]);
  expect((await scene.of("b", allTenants).list({})).items).toMatchObject([{ id, tenant: "a" }]);
});

test("of many creates at two addresses no more succeed than the quota holds, and what is removed is given back", async () => {
  await using scene = await hall({ quotas: { a: 5 } });
  const mine = scene.of("a");
  const settled = await Promise.allSettled(
    Array.from({ length: 24 }, (_, i) => mine.at(i % 2 ? "hall@a" : "hall@b").create(one)),
  );
  const made = settled.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  expect(made).toHaveLength(5);
  for (const result of settled) {
    if (result.status === "fulfilled") continue;
    if (!isError(result.reason, slots, "create", "QUOTA_EXCEEDED")) throw result.reason;
    expect(result.reason.data).toEqual({ limit: 5, used: 5 });
  }
  expect(scene.taken()).toHaveLength(5);
  await scene.of("b").create({ ...one, units: 10 });
  await mine.delete({ id: made[0]!.id });
  await mine.create(one);
});

test("a build that fails is tried at the other rack, and what it left is removed", async () => {
  await using scene = await hall();
  scene.racks.a.fail("take", "before", worn);
  const made = [await scene.slot.create(one), await scene.slot.create(one)];
  expect(made.map(({ host }) => host)).toEqual(["hall@b", "hall@b"]);
  expect([...scene.racks.b.taken.keys()].sort()).toEqual(made.map(({ id }) => id).sort());
  expect(scene.racks.a.taken.size).toBe(0);
});

test("when every attempt fails the caller learns where and why, and so does the row", async () => {
  await using scene = await hall();
  for (const rack of Object.values(scene.racks)) rack.fail("take", "before", worn);
  const error = await failure(scene.slot.create(one));
  if (!isError(error, slots, "create", "BUILD_FAILED")) throw error;
  const { id, attempts } = error.data;
  expect(attempts.map(({ address }) => address).sort()).toEqual(["hall@a", "hall@b"]);
  expect(attempts[0]!.why).toContain("worn out");
  const slot = await scene.slot.get({ id });
  expect(slot).toMatchObject({ status: "error", host: null, fault: { reason: "FAILED" } });
  for (const { address } of attempts) expect(slot.fault!.message).toContain(`${address}: `);
  await scene.slot.delete({ id });
  expect((await scene.slot.list({})).items).toEqual([]);
});

test("when nothing fits, the scheduler's refusal passes and nothing is left", async () => {
  await using scene = await hall({ quotas: { default: 100 } });
  await expect(scene.slot.create({ ...one, units: 43 })).rejects.toMatchObject({ reason: "NO_HOST" });
  expect((await scene.slot.list({})).items).toEqual([]);
});

test("a slot is accepted by one rack, and asking that one again builds nothing", async () => {
  await using scene = await hall({ place: async () => "hall@a" });
  const slot = await scene.slot.create(one);
  expect(await scene.slot.at("hall@a").build({ id: slot.id })).toEqual(slot);
  const error = await failure(scene.slot.at("hall@b").build({ id: slot.id }));
  expect(error).toMatchObject({ reason: "WRONG_STATUS", data: { status: "available" } });
  expect(scene.confirmed).toEqual([slot.id]);
});

test("of two racks that accept a slot at once, one builds it, and that is the answer", async () => {
  const asked = Promise.withResolvers<void>();
  const placed = Promise.withResolvers<string>();
  const place = () => {
    asked.resolve();
    return placed.promise;
  };
  await using scene = await hall({ place });
  const creating = scene.slot.create(one);
  await asked.promise;
  const { id } = await scene.only();
  const builds = ["hall@a", "hall@b"].map((address) => scene.slot.at(address).build({ id }));
  const settled = await Promise.allSettled(builds);
  placed.resolve("hall@a");
  const slot = await creating;
  expect(settled.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []))).toEqual([slot]);
  const refused = settled.flatMap((result) => (result.status === "rejected" ? [result.reason] : []));
  expect(refused).toMatchObject([{ reason: "WRONG_STATUS" }]);
  expect(scene.taken()).toEqual([id]);
});

test("a place that the scheduler may have given, though it failed, is given back", async () => {
  const place = () => Promise.reject(reeveError("STORE_FAILED", "the disk is full"));
  await using scene = await hall({ place });
  await expect(scene.slot.create(one)).rejects.toMatchObject({ reason: "STORE_FAILED", outcome: "maybe-executed" });
  expect((await scene.slot.list({})).items).toEqual([]);
  await eventually(() => expect(scene.released).toHaveLength(1));
});

test("a placement that fails takes nothing from a rack that has accepted the slot meanwhile", async () => {
  const asked = Promise.withResolvers<void>();
  const placed = Promise.withResolvers<never>();
  const place = () => {
    asked.resolve();
    return placed.promise;
  };
  await using scene = await hall({ place });
  const hold = scene.racks.a.hold("take", "before");
  const creating = failure(scene.slot.create(one));
  await asked.promise;
  const { id } = await scene.only();
  const building = scene.slot.at("hall@a").build({ id });
  await hold.reached;
  placed.reject(reeveError("STORE_FAILED", "the disk is full"));
  expect(await creating).toMatchObject({ reason: "STORE_FAILED" });
  expect(await scene.only()).toMatchObject({ id, status: "creating", host: "hall@a" });
  hold.release();
  expect(await building).toMatchObject({ status: "available" });
  expect(await scene.only()).toEqual(await building);
});
