// Races: work ends while an operator repairs or removes its row.
import { expect, test } from "vitest";
import { openSlotStore } from "./slot-store.fixture.ts";
import { changeIf, deleteIf } from "./status.ts";

const fault = { reason: "FAILED", message: "worn out" } as const;

test("a row that still has the status is changed, and comes back as it is then", async () => {
  await using opened = await openSlotStore();
  const { store } = opened;
  await store.transaction((tx) => tx.insert("slots", { id: "s", status: "creating", host: "a" }));
  const changed = await store.transaction((tx) =>
    changeIf(tx, "slots", "s", "creating", { status: "error", host: null, fault }),
  );
  expect(changed).toEqual({ id: "s", tenant: "default", units: 1, status: "error", host: null, fault });
  expect(await store.get("slots", "s")).toEqual(changed);
});

test("a row that somebody else has changed meanwhile is left as they left it", async () => {
  await using opened = await openSlotStore();
  const { store } = opened;
  const repaired = await store.transaction((tx) => tx.insert("slots", { id: "s", status: "available" }));
  const late = await store.transaction((tx) => changeIf(tx, "slots", "s", "creating", { status: "error", fault }));
  expect(late).toEqual(repaired);
  expect(await store.transaction((tx) => deleteIf(tx, "slots", "s", "deleting"))).toBe(false);
  expect(await store.get("slots", "s")).toEqual(repaired);
});

test("a row that is gone is not changed silently, and its removal is done", async () => {
  await using opened = await openSlotStore();
  const { store } = opened;
  await expect(
    store.transaction((tx) => changeIf(tx, "slots", "s", "creating", { status: "available" })),
  ).rejects.toMatchObject({ reason: "ROW_NOT_FOUND" });
  expect(await store.transaction((tx) => deleteIf(tx, "slots", "s", "deleting"))).toBe(false);
});

test("only the row that is named is removed", async () => {
  await using opened = await openSlotStore();
  const { store } = opened;
  await store.transaction(async (tx) => {
    for (const id of ["r", "s"]) await tx.insert("slots", { id, status: "deleting" });
  });
  expect(await store.transaction((tx) => deleteIf(tx, "slots", "s", "deleting"))).toBe(true);
  expect(await store.find("slots", "s")).toBeUndefined();
  expect(await store.get("slots", "r")).toMatchObject({ status: "deleting" });
});
