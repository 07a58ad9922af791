import { expect, test } from "vitest";
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

test("changes are taken in up to their revision, and told by address", () => {
  const { index, changed, at } = bench();
  index.apply([held, { ...held, request: "v2", address: "b", revision: 5 }], 0);
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
  index.apply([held], 0);
  index.apply([{ ...held, address: "b", revision: 4 }], 0);
  expect([at("a"), at("b")]).toEqual([[], ["v1"]]);
  expect(changed).toEqual(["volume a", "volume a", "volume b"]);
});

test("what is known in a later form stays", () => {
  const { index, at } = bench();
  index.apply([{ ...held, address: "b", revision: 4 }], 0);
  index.apply([held], 9);
  expect([at("a"), at("b"), index.revision]).toEqual([[], ["v1"], 4]);
});

test("it stands since it was first seen in its present form, on the clock of who saw it", () => {
  const { index } = bench();
  index.apply([held], 10);
  index.replace({ revision: 3, removals: 0, reservations: [held] }, 20);
  expect([...index.entries()].map(({ since }) => since)).toEqual([10]);
  index.apply([{ ...held, revision: 4 }], 30);
  expect([...index.entries()].map(({ since }) => since)).toEqual([30]);
});

test("a whole page removes what is not in it, but not what was written after it", () => {
  const { index, at } = bench();
  index.apply([held, { ...held, request: "v2", revision: 6 }], 0);
  index.replace({ revision: 5, removals: 2, reservations: [{ ...held, request: "v3", revision: 4 }] }, 0);
  expect([at("a"), index.revision, index.removals]).toEqual([["v2", "v3"], 6, 2]);
});

test("an older page does not take back what a newer one said", () => {
  const { index } = bench();
  index.replace({ revision: 9, removals: 4, reservations: [] }, 0);
  index.replace({ revision: 7, removals: 3, reservations: [] }, 0);
  expect([index.revision, index.removals]).toEqual([9, 4]);
});

test("removing what is not there changes nothing", () => {
  const { index, changed } = bench();
  index.remove("v1");
  expect(changed).toEqual([]);
});
