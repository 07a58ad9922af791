import { expect, test } from "vitest";
import { type LedgerChanges, ReservationLedger } from "./ledger.ts";
import type { Reservation } from "./reservation.ts";
import { openSchedulerStore } from "./scheduler-store.fixture.ts";

const promise: Reservation = {
  request: "v1",
  manager: "volume",
  address: "block-01@ssd",
  needs: { sizeGiB: 0.5, iops: 3 },
  holdMs: 1_000,
  heldUntil: undefined,
  visibleFrom: undefined,
  revision: 0,
};

async function bench() {
  const opened = await openSchedulerStore();
  const ledger = new ReservationLedger(opened.store);
  const write = (changes: Partial<LedgerChanges>) =>
    ledger.exclusively(async (turn) => {
      await turn.write({ reservations: [], removals: [], toldUntil: 0, ...changes });
      return turn.revision;
    });
  return { ledger, write, store: opened.store, [Symbol.asyncDispose]: opened[Symbol.asyncDispose] };
}

test("what is written comes back as it was, and replaces what the request had", async () => {
  await using bed = await bench();
  const { ledger, write } = bed;
  expect(await write({ reservations: [promise] })).toBe(1);
  const moved = { ...promise, address: "block-02", visibleFrom: { epoch: 3, count: 9 }, heldUntil: 5_000 };
  const page = { whole: true, removals: [] };
  expect(await ledger.changedSince(0)).toEqual({ ...page, revision: 1, reservations: [{ ...promise, revision: 1 }] });
  await write({ reservations: [moved] });
  expect(await ledger.changedSince(0)).toEqual({ ...page, revision: 2, reservations: [{ ...moved, revision: 2 }] });
});

test.each([3, 1_700])("one turn writes %i requests", async (many) => {
  await using bed = await bench();
  const { ledger, write } = bed;
  const reservations = Array.from({ length: many }, (_, index) => ({ ...promise, request: `r${index}` }));
  await write({ reservations });
  await write({ removals: reservations.slice(1) });
  const { reservations: left, removals } = await ledger.changedSince(0);
  expect([left.map(({ request }) => request), removals.length]).toEqual([["r0"], many - 1]);
});

test("a turn sees what was written and removed after a revision, and nothing else", async () => {
  await using bed = await bench();
  const { ledger, write } = bed;
  for (const request of ["a", "b", "c", "d"]) await write({ reservations: [{ ...promise, request }] });
  await write({ reservations: [{ ...promise, request: "a", holdMs: 5 }], removals: [{ ...promise, request: "b" }] });
  const changed = await ledger.exclusively((turn) => turn.changedSince(3));
  expect(changed.reservations.map(({ request, revision }) => `${request}${revision}`).sort()).toEqual(["a5", "d4"]);
  expect(changed).toMatchObject({ revision: 5, whole: false, removals: [{ request: "b", revision: 5 }] });
  expect(await ledger.changedSince(3)).toEqual(changed);
});

test("a removed request may be written again", async () => {
  await using bed = await bench();
  const { ledger, write } = bed;
  await write({ reservations: [promise] });
  await write({ removals: [promise] });
  await write({ reservations: [promise] });
  expect(await ledger.changedSince(1)).toMatchObject({ reservations: [{ needs: promise.needs }], removals: [] });
});

test("removals are told until their time, and after it whoever has not heard of them reads everything", async () => {
  await using bed = await bench();
  const { ledger, write, store } = bed;
  for (const request of ["a", "b", "c"]) await write({ reservations: [{ ...promise, request }] });
  await write({ removals: [{ ...promise, request: "a" }], toldUntil: 1_000 });
  await write({ removals: [{ ...promise, request: "b" }], toldUntil: 2_000 });
  expect([await ledger.hasPurgeable(1_000), await ledger.hasPurgeable(1_001)]).toEqual([false, true]);
  await ledger.exclusively((turn) => turn.purge(1_500));
  expect(await ledger.hasPurgeable(1_500)).toBe(false);
  expect(await store.selectFrom("reservations").select("request").orderBy("request").execute()).toHaveLength(2);
  const inTurn = (revision: number) => ledger.exclusively((turn) => turn.changedSince(revision));
  for (const since of [inTurn, (revision: number) => ledger.changedSince(revision)]) {
    expect(await since(4)).toMatchObject({ whole: false, reservations: [], removals: [{ request: "b" }] });
    expect(await since(3)).toMatchObject({
      whole: true,
      reservations: [{ request: "c" }],
      removals: [{ request: "b" }],
    });
  }
});

test("a turn that fails leaves nothing", async () => {
  await using bed = await bench();
  const { ledger, write } = bed;
  await write({ reservations: [promise] });
  const failing = ledger.exclusively(async (turn) => {
    await turn.write({ reservations: [{ ...promise, request: "v2" }], removals: [promise], toldUntil: 0 });
    throw new Error("mine");
  });
  await expect(failing).rejects.toThrow("mine");
  expect(await ledger.changedSince(0)).toMatchObject({ revision: 1, reservations: [{ ...promise, revision: 1 }] });
});

test("turns never overlap", async () => {
  await using bed = await bench();
  const ledgers = [bed.ledger, new ReservationLedger(bed.store)];
  const seen: number[] = [];
  await Promise.all(
    Array.from({ length: 40 }, (_, index) =>
      ledgers[index % 2]!.exclusively(async (turn) => {
        const { reservations } = await turn.changedSince(0);
        await turn.write({ reservations: [{ ...promise, request: `v${index}` }], removals: [], toldUntil: 0 });
        seen.push(reservations.length);
      }),
    ),
  );
  expect(seen).toEqual(Array.from({ length: 40 }, (_, index) => index));
});
