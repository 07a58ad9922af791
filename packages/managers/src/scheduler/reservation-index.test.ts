import { expect, test } from "vitest";
import type { LedgerPage } from "./ledger.ts";
import type { Reservation } from "./reservation.ts";
import { ReservationIndex } from "./reservation-index.ts";

const held: Reservation = {
  request: "v1",
  manager: "volume",
  address: "a",
  needs: { sizeGiB: 1 },
  holdMs: 1_000,
  heldUntil: undefined,
  visibleFrom: undefined,
  revision: 3,
};

function bench() {
  const changed: string[] = [];
  const index = new ReservationIndex((manager, address) => changed.push(`${manager} ${address}`));
  const at = (address: string) => [...index.of("volume", address)].map(({ request }) => request);
  return { index, changed, at };
}

function changes(reservations: readonly Reservation[], removals: LedgerPage["removals"] = []): LedgerPage {
  const revision = Math.max(...[...reservations, ...removals].map((one) => one.revision));
  return { revision, whole: false, reservations, removals };
}

function everything(revision: number, ...reservations: readonly Reservation[]): LedgerPage {
  return { revision, whole: true, reservations, removals: [] };
}

test("changes are taken in up to their revision, and told by address", () => {
  const { index, changed, at } = bench();
  index.catchUp(changes([held, { ...held, request: "v2", address: "b", revision: 5 }]), 0);
  expect([index.revision, index.size, at("a"), at("b"), changed]).toEqual([
    5,
    2,
    ["v1"],
    ["v2"],
    ["volume a", "volume b"],
  ]);
});

test("a reservation that moved leaves its old address", () => {
  const { index, changed, at } = bench();
  index.catchUp(changes([held]), 0);
  index.catchUp(changes([{ ...held, address: "b", revision: 4 }]), 0);
  expect([at("a"), at("b")]).toEqual([[], ["v1"]]);
  expect(changed).toEqual(["volume a", "volume a", "volume b"]);
});

test("a removal ends what was known of its request", () => {
  const { index, at } = bench();
  index.catchUp(changes([held, { ...held, request: "v2", revision: 6 }]), 0);
  index.catchUp(
    changes(
      [],
      [
        { request: "v1", revision: 7 },
        { request: "v9", revision: 7 },
      ],
    ),
    0,
  );
  expect([at("a"), index.revision]).toEqual([["v2"], 7]);
});

test("it stands since it was first seen in its present form, on the clock of the scheduler that saw it", () => {
  const { index } = bench();
  index.catchUp(changes([held]), 10);
  index.catchUp(everything(3, { ...held }), 20);
  expect([...index.entries()].map(({ since }) => since)).toEqual([10]);
  index.catchUp(changes([{ ...held, revision: 4 }]), 30);
  expect([...index.entries()].map(({ since }) => since)).toEqual([30]);
});

test("in a turn a whole page is all there is, whatever was believed", () => {
  const { index, at } = bench();
  index.catchUp(changes([held, { ...held, request: "v2", revision: 6 }]), 0);
  index.catchUp(everything(5, { ...held, request: "v3", revision: 4 }), 0);
  expect([at("a"), index.revision]).toEqual([["v3"], 5]);
});

test("after a turn that failed the next one tells what is, also where its revision is used again", () => {
  const { index, at } = bench();
  index.catchUp(changes([held]), 0);
  index.put({ ...held, request: "v2", revision: 4 }, 0);
  index.put({ ...held, request: "v3", revision: 4 }, 0);
  index.remove("v1");
  index.doubt();
  expect(index.revision).toBe(0);
  index.catchUp(everything(4, held, { ...held, request: "v3", address: "b", revision: 4 }), 0);
  expect([at("a"), at("b"), index.revision]).toEqual([["v1"], ["v3"], 4]);
});

test("what a turn decides is in it before it is committed, and stands when it is", () => {
  const { index, at } = bench();
  index.catchUp(everything(3, held), 0);
  index.put({ ...held, address: "b", revision: 4 }, 0);
  index.put({ ...held, address: "c", revision: 4 }, 0);
  expect([at("a"), at("b"), at("c")]).toEqual([[], [], ["v1"]]);
  index.committed(4);
  expect([at("c"), index.revision]).toEqual([["v1"], 4]);
});

test("removing what is not there changes nothing", () => {
  const { index, changed } = bench();
  index.remove("v1");
  expect(changed).toEqual([]);
});
