// Interrupted placements, creations and deletions. Races: an operator repairs the row while its work is settled.
import { DriverError } from "@reeve/driver-sdk";
import { fromDriver, markDriverFailure } from "@reeve/driver-sdk/internal";
import type { Job, RecoveryContext, Store } from "@reeve/runtime";
import { expect, test } from "vitest";
import { recoverCreation } from "./creation.ts";
import { recoverDeletion } from "./deletion.ts";
import { type Placing, recoverPlacing } from "./placing.ts";
import { openSlotStore, type SlotStore } from "./slot-store.fixture.ts";

const thrownIn = { driver: "rack", method: "take" };
const forNow = markDriverFailure(fromDriver(new DriverError("UNAVAILABLE", "the backend is closed"), thrownIn), {
  ...thrownIn,
  passing: true,
});
const forGood = markDriverFailure(fromDriver(new DriverError("INTERNAL", "worn out"), thrownIn), {
  ...thrownIn,
  passing: false,
});

const job = { kind: "slot.making", resource: "s", epoch: 1, address: "a", payload: { was: "available", fault: null } };
const context = (error: unknown) => ({ epoch: 1, error, signal: AbortSignal.timeout(60_000) }) as RecoveryContext;

/** Settles the creation of a slot at this host, and says what was asked of the rack. */
async function settle(
  store: Store<SlotStore>,
  error: unknown,
  { exists = false, keepRow = false, meanwhile = async () => {} } = {},
): Promise<string[]> {
  const asked: string[] = [];
  const left = {
    exists: async () => {
      asked.push("exists");
      return exists;
    },
    remove: async () => {
      asked.push("remove");
      await meanwhile();
    },
  };
  const finish = await recoverCreation(store, "slots", job as Job, context(error), left, { keepRow });
  if (finish) await store.transaction(finish);
  return asked;
}

async function opened(host: string | null = "a") {
  const { store, ...rest } = await openSlotStore();
  await store.transaction((tx) => tx.insert("slots", { id: "s", status: "creating", host }));
  return { store, slot: () => store.find("slots", "s"), ...rest };
}

test("what is there whole is available, whatever its work ended with", async () => {
  await using scene = await opened();
  expect(await settle(scene.store, forGood, { exists: true })).toEqual(["exists"]);
  expect(await scene.slot()).toMatchObject({ status: "available", host: "a", fault: null });
});

test("what the driver never will make leaves a row in error, which no host holds", async () => {
  await using scene = await opened();
  expect(await settle(scene.store, forGood)).toEqual(["exists", "remove"]);
  const fault = { reason: "FAILED", message: "rack: take: worn out" };
  expect(await scene.slot()).toMatchObject({ status: "error", host: null, fault });
});

test("what the driver could not make now leaves no row, unless it is to be kept", async () => {
  await using gone = await opened();
  await settle(gone.store, forNow);
  expect(await gone.slot()).toBeUndefined();
  await using kept = await opened();
  await settle(kept.store, forNow, { keepRow: true });
  expect(await kept.slot()).toMatchObject({ status: "error", host: null });
});

test("what another host makes, or nobody any more, is left alone", async () => {
  for (const host of ["b", null]) {
    await using scene = await opened(host);
    expect(await settle(scene.store, forGood)).toEqual([]);
    expect(await scene.slot()).toMatchObject({ status: "creating", host });
  }
});

test("an operator's repair meanwhile stands", async () => {
  await using scene = await opened();
  const { store } = scene;
  const repair = async () => {
    await store.transaction((tx) => tx.update("slots", "s", { status: "available" }));
  };
  await settle(store, forGood, { meanwhile: repair });
  expect(await scene.slot()).toMatchObject({ status: "available", host: "a", fault: null });
});

test("a resource without a host is settled as well", async () => {
  await using scene = await openSlotStore();
  const { store } = scene;
  await store.transaction((tx) => tx.insert("labels", { id: "s", slotId: "s", status: "creating" }));
  const left = { exists: async () => false, remove: async () => {} };
  const finish = await recoverCreation(store, "labels", job as Job, context(forGood), left);
  await store.transaction(finish!);
  expect(await store.get("labels", "s")).toMatchObject({ status: "error", fault: { reason: "FAILED" } });
});

test("a placement that a host has accepted is answered by what it built, and by nothing where that has failed", async () => {
  await using scene = await opened();
  const { store } = scene;
  const placement = { ...job, payload: { id: "s" } } as unknown as Job<Placing>;
  const settled = async () => store.transaction((await recoverPlacing(store, "slots", placement, context(undefined)))!);
  await expect(settled()).rejects.toMatchObject({ reason: "BUSY", data: { resource: "s" } });
  const built = await store.transaction((tx) => tx.update("slots", "s", { status: "available" }));
  expect(await settled()).toEqual(built);
  await store.transaction((tx) => tx.update("slots", "s", { status: "error" }));
  expect(await settled()).toBeUndefined();
});

test("a deletion that was repaired meanwhile removes nothing", async () => {
  await using scene = await opened();
  const { store } = scene;
  const repaired = { status: "available" } as const;
  await store.transaction((tx) => tx.update("slots", "s", repaired));
  const unasked = () => Promise.reject(new Error("expected not to be asked"));
  expect(await recoverDeletion(store, "slots", job as Job, unasked)).toBeUndefined();
  await store.transaction((tx) => tx.update("slots", "s", { status: "deleting" }));
  const finish = await recoverDeletion(store, "slots", job as Job, () =>
    store.transaction((tx) => tx.update("slots", "s", repaired)),
  );
  await store.transaction(finish!);
  expect(await scene.slot()).toMatchObject(repaired);
});

test("a deletion whose driver is away is tried again", async () => {
  await using scene = await opened();
  await scene.store.transaction((tx) => tx.update("slots", "s", { status: "deleting" }));
  await expect(recoverDeletion(scene.store, "slots", job as Job, () => Promise.reject(forNow))).rejects.toBe(forNow);
  expect(await scene.slot()).toMatchObject({ status: "deleting" });
});
