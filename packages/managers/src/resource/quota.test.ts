// Races: many transactions of one tenant each count, then each insert.
import { expect, test } from "vitest";
import { countRows, limitOf, requireQuota, sumRows } from "./quota.ts";
import { openSlotStore } from "./slot-store.fixture.ts";

class Exceeded extends Error {}

test("rows and sums are a tenant's own, 0 where it has none", async () => {
  await using opened = await openSlotStore();
  await opened.store.transaction(async (tx) => {
    for (const [id, units] of [
      ["r", 2],
      ["s", 0.5],
    ] as const)
      await tx.insert("slots", { id, tenant: "acme", units, status: "available" });
    expect(await countRows(tx, "slots", "acme")).toBe(2);
    expect(await sumRows(tx, "slots", "units", "acme")).toBe(2.5);
    expect(await countRows(tx, "slots", "other")).toBe(0);
    expect(await sumRows(tx, "slots", "units", "other")).toBe(0);
  });
});

test("transactions at once add no more than the limit, and the refused keep nothing", async () => {
  await using opened = await openSlotStore();
  const { store } = opened;
  const add = (id: string) =>
    store.transaction(async (tx) => {
      await tx.insert("labels", { id, slotId: id, status: "available" });
      await requireQuota(tx, "acme", {
        added: 1,
        limit: 7,
        used: () => countRows(tx, "slots", "acme"),
        refuse: ({ limit, used }) => {
          throw new Exceeded(`${used} of ${limit}`);
        },
      });
      await tx.insert("slots", { id, tenant: "acme", status: "available" });
    });
  const settled = await Promise.allSettled(Array.from({ length: 30 }, (_, i) => add(`s${i}`)));
  const refused = settled.flatMap((result) => (result.status === "rejected" ? [result.reason] : []));
  expect(refused).toEqual(Array.from({ length: 23 }, () => new Exceeded("7 of 7")));
  const labels = await store.selectFrom("labels").select("id").execute();
  expect(labels).toHaveLength(7);
});

test("a tenant's row is written, which locks it where transactions overlap, before anything is counted", async () => {
  await using opened = await openSlotStore();
  await opened.store.transaction((tx) =>
    requireQuota(tx, "acme", {
      added: 1,
      limit: 1,
      used: async () => ((await tx.find("tenants", "acme")) ? 0 : 1),
      refuse: () => {
        throw new Exceeded("counted before it was locked");
      },
    }),
  );
});

test("what is asked for counts with what there is, up to the limit and not beyond", async () => {
  await using opened = await openSlotStore();
  const ask = (added: number) =>
    opened.store.transaction((tx) =>
      requireQuota(tx, "acme", {
        added,
        limit: 10,
        used: async () => 8,
        refuse: (counted) => {
          throw new Exceeded(JSON.stringify(counted));
        },
      }),
    );
  await ask(2);
  await expect(ask(2.5)).rejects.toEqual(new Exceeded('{"limit":10,"used":8}'));
});

test("a tenant's own limit holds; properties that every object inherits are not limits", () => {
  expect(limitOf({ big: 3 }, "big", 1)).toBe(3);
  expect(limitOf({ big: 3 }, "small", 1)).toBe(1);
  expect(limitOf({ big: 3 }, "constructor", 1)).toBe(1);
});
