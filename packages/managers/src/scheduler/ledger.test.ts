import { expect, test } from "vitest";
import { ReservationLedger } from "./ledger.ts";
import type { Reservation } from "./reservation.ts";
import { openSchedulerStore } from "./scheduler-store.fixture.ts";

const promise: Omit<Reservation, "revision"> = {
  request: "v1",
  manager: "volume",
  address: "block-01@ssd",
  needs: { sizeGiB: 0.5, iops: 3 },
  holdMs: 1_000,
  heldUntil: undefined,
  visibleFrom: undefined,
};

test("what is put comes back as it was, and replaces what the request had", async () => {
  await using opened = await openSchedulerStore();
  const ledger = new ReservationLedger(opened.store);
  const first = await ledger.exclusively((turn) => turn.put(promise));
  expect(first).toEqual({ ...promise, revision: 1 });
  const moved = { ...promise, address: "block-02", visibleFrom: { epoch: 3, count: 9 } };
  await ledger.exclusively((turn) => turn.put(moved));
  expect(await ledger.read()).toEqual({ revision: 2, removals: 0, reservations: [{ ...moved, revision: 2 }] });
  await ledger.exclusively(async (turn) => {
    expect(await turn.find("v1")).toEqual({ ...moved, revision: 2 });
    expect(await turn.find("v2")).toBeUndefined();
  });
});

test("a turn sees what was written after a revision, and nothing else", async () => {
  await using opened = await openSchedulerStore();
  const ledger = new ReservationLedger(opened.store);
  for (const request of ["a", "b", "c"]) await ledger.exclusively((turn) => turn.put({ ...promise, request }));
  await ledger.exclusively((turn) => turn.put({ ...promise, request: "a", holdMs: 5 }));
  const changed = await ledger.exclusively((turn) => turn.changedSince(2));
  expect(changed.map(({ request }) => request).sort()).toEqual(["a", "c"]);
});

test("removals are counted, and one of an older revision removes nothing", async () => {
  await using opened = await openSchedulerStore();
  const ledger = new ReservationLedger(opened.store);
  await ledger.exclusively((turn) => turn.put(promise));
  const renewed = await ledger.exclusively((turn) => turn.put(promise));
  expect(await ledger.exclusively((turn) => turn.remove("v1", 1))).toBe(false);
  expect(await ledger.read()).toMatchObject({ removals: 0, reservations: [{ revision: 2 }] });
  expect(await ledger.exclusively((turn) => turn.remove("v1", renewed.revision))).toBe(true);
  expect(await ledger.exclusively((turn) => turn.remove("v1"))).toBe(false);
  expect(await ledger.read()).toMatchObject({ removals: 1, reservations: [] });
});

test("a turn that fails leaves nothing", async () => {
  await using opened = await openSchedulerStore();
  const ledger = new ReservationLedger(opened.store);
  await ledger.exclusively((turn) => turn.put(promise));
  const failing = ledger.exclusively(async (turn) => {
    await turn.put({ ...promise, request: "v2" });
    await turn.remove("v1");
    throw new Error("mine");
  });
  await expect(failing).rejects.toThrow("mine");
  expect(await ledger.read()).toEqual({ revision: 1, removals: 0, reservations: [{ ...promise, revision: 1 }] });
});

test("turns never overlap", async () => {
  await using opened = await openSchedulerStore();
  const ledgers = [new ReservationLedger(opened.store), new ReservationLedger(opened.store)];
  const seen: number[] = [];
  await Promise.all(
    Array.from({ length: 40 }, (_, index) =>
      ledgers[index % 2]!.exclusively(async (turn) => {
        const { reservations } = await turn.all();
        await turn.put({ ...promise, request: `v${index}` });
        seen.push(reservations.length);
      }),
    ),
  );
  expect(seen).toEqual(Array.from({ length: 40 }, (_, index) => index));
});
