import { expect, test } from "vitest";
import { readCapacity } from "./capacity.ts";
import { HostStates } from "./host-states.ts";
import { report, storage } from "./report.fixture.ts";
import type { Reservation } from "./reservation.ts";

function bench(reservations: Reservation[] = []) {
  return new HostStates({
    capacityOf: () => readCapacity,
    reservationsOf: (_, address) => reservations.filter((reservation) => reservation.address === address),
    forgetAfterMs: 60_000,
    onGone: () => {},
  });
}

const held: Reservation = {
  request: "v1",
  manager: "volume",
  address: "block-01",
  needs: { sizeGiB: 30 },
  holdMs: 1_000,
  heldUntil: undefined,
  visibleFrom: undefined,
  revision: 1,
};

const addresses = (states: HostStates, manager = "volume") =>
  states
    .of(manager)
    .hosts.map(({ address }) => address)
    .sort();

test("hosts are kept by manager and address", () => {
  const states = bench();
  states.receive(report(), 0);
  states.receive(report({ address: "block-02" }), 0);
  states.receive(report({ manager: "network" }), 0);
  expect(addresses(states)).toEqual(["block-01", "block-02"]);
  expect(addresses(states, "network")).toEqual(["block-01"]);
  expect(addresses(states, "nothing")).toEqual([]);
  expect(states.find("volume", "block-02")?.free("sizeGiB")).toBe(100);
  expect(states.find("volume", "block-03")).toBeUndefined();
});

test("a newer measurement replaces an older one, never the other way round", () => {
  const states = bench();
  states.receive(report({ count: 5, capabilities: storage(100, 50) }), 0);
  states.receive(report({ count: 4, capabilities: storage(100, 10) }), 0);
  expect(states.find("volume", "block-01")?.free("sizeGiB")).toBe(50);
  states.receive(report({ count: 6, capabilities: storage(100, 60) }), 0);
  expect(states.find("volume", "block-01")?.free("sizeGiB")).toBe(40);
});

test("a status comes with the measurement that is known", () => {
  const states = bench();
  states.receive(report({ count: 5 }), 0);
  states.receive(report({ count: 5, status: "draining" }), 0);
  expect(states.find("volume", "block-01")?.status).toBe("draining");
});

test("a newer epoch counts its measurements anew; an older one is not believed", () => {
  const states = bench();
  states.receive(report({ epoch: 2, count: 50 }), 0);
  states.receive(report({ epoch: 3, count: 1, capabilities: storage(100, 1) }), 0);
  states.receive(report({ epoch: 2, count: 51, capabilities: storage(100, 2) }), 0);
  states.receive(report({ epoch: 2, status: "stopped" }), 0);
  expect(states.find("volume", "block-01")).toMatchObject({ epoch: 3 });
  expect(states.find("volume", "block-01")?.free("sizeGiB")).toBe(99);
});

test("what stopped is gone, and its incarnation does not come back", () => {
  const states = bench();
  for (const address of ["a", "b", "c"]) states.receive(report({ address, epoch: 5 }), 0);
  states.receive(report({ address: "a", epoch: 5, status: "stopped" }), 0);
  states.receive(report({ address: "b", epoch: 6, status: "stopped" }), 0);
  expect(addresses(states)).toEqual(["c"]);
  states.receive(report({ address: "a", epoch: 5 }), 0);
  states.receive(report({ address: "a", epoch: 4 }), 0);
  expect(addresses(states)).toEqual(["c"]);
  states.receive(report({ address: "a", epoch: 6 }), 0);
  expect(addresses(states)).toEqual(["a", "c"]);
});

test("a host whose supervisor fell silent is forgotten, and so is what stopped", () => {
  const states = bench();
  states.receive(report({ heardAt: 0 }), 0);
  states.receive(report({ address: "block-02", heardAt: 50_000 }), 0);
  states.receive(report({ address: "block-03", epoch: 9, status: "stopped" }), 0);
  states.sweep(60_000);
  expect(addresses(states)).toEqual(["block-01", "block-02"]);
  states.sweep(60_001);
  expect(addresses(states)).toEqual(["block-02"]);
  states.receive(report({ address: "block-03", epoch: 1 }), 0);
  expect(addresses(states)).toEqual(["block-02", "block-03"]);
});

test("reservations are taken off, also those made before the host was heard of", () => {
  const states = bench([held, { ...held, request: "v2", needs: { sizeGiB: 20, gpu: 1 } }]);
  states.receive(report(), 0);
  const host = states.find("volume", "block-01")!;
  expect([host.free("sizeGiB"), host.reserved("sizeGiB"), host.reserved("gpu"), host.allocated]).toEqual([
    50, 50, 1, 2,
  ]);
  expect(host.free("gpu")).toBe(0);
});

test.each([
  [{ epoch: 1, count: 4 }, 70],
  [{ epoch: 1, count: 3 }, 100],
  [{ epoch: 2, count: 1 }, 70],
  [{ epoch: 0, count: 90 }, 100],
])("a reservation visible from %j leaves %s free of a host that measured for the third time", (visibleFrom, free) => {
  const states = bench([{ ...held, visibleFrom }]);
  states.receive(report({ epoch: 1, count: 3 }), 0);
  expect(states.find("volume", "block-01")?.free("sizeGiB")).toBe(free);
});

test("a reservation stops counting with the report that shows what it holds", () => {
  const states = bench([{ ...held, visibleFrom: { epoch: 1, count: 3 } }]);
  const free = () => states.find("volume", "block-01")?.free("sizeGiB");
  states.receive(report({ count: 2, capabilities: storage(100) }), 0);
  expect(free()).toBe(70);
  states.receive(report({ count: 3, capabilities: storage(100, 30) }), 0);
  expect(free()).toBe(70);
});
