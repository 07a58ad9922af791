import fc from "fast-check";
import { expect, test } from "vitest";
import { readCapacity } from "./capacity.ts";
import { HostStates } from "./host-states.ts";
import { report, storage } from "./report.fixture.ts";
import type { Reservation } from "./reservation.ts";
import { ReservationIndex } from "./reservation-index.ts";

function bench(reservations: Reservation[] = [], ignored: string[] = []) {
  return new HostStates({
    capacityOf: () => readCapacity,
    reservationsOf: (_, address) => reservations.filter((reservation) => reservation.address === address),
    forgetAfterMs: 60_000,
    downAfterMs: 30_000,
    maxAgeMs: 180_000,
    onGone: () => {},
    onIgnored: (report, why) => ignored.push(`${why} ${report.incarnation ?? report.epoch}`),
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
    .of(manager, 0)
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

const on = (store: string, incarnation: string, more: Parameters<typeof report>[0] = {}) =>
  report({ store, incarnation, ...more });

test("the host of a replaced disk counts as soon as it is ready, however low its epoch", () => {
  const ignored: string[] = [];
  const states = bench([], ignored);
  const said = () => states.find("volume", "block-01");
  states.receive(on("S1", "i1", { epoch: 3, capabilities: storage(100, 70) }), 0);
  states.receive(on("S2", "i2", { epoch: 1, status: "starting" }), 1_000);
  expect([said()?.epoch, ignored]).toEqual([3, ["contender i2"]]);
  states.receive(on("S2", "i2", { epoch: 1, capabilities: storage(100, 5) }), 2_000);
  expect([said()?.epoch, said()?.free("sizeGiB")]).toEqual([1, 95]);
  // Late words of the one that was replaced.
  states.receive(on("S1", "i1", { epoch: 3, count: 9, capabilities: storage(100, 70) }), 3_000);
  states.receive(on("S1", "i1", { epoch: 3, status: "stopped" }), 3_000);
  expect([said()?.epoch, said()?.free("sizeGiB"), ignored]).toEqual([1, 95, ["contender i2", "superseded i1"]]);
});

test("one that is silent has lost its address to whoever else reports there", () => {
  const states = bench();
  states.receive(on("S1", "i1", { epoch: 3, heardAt: 0 }), 0);
  states.receive(on("S2", "i2", { epoch: 1, status: "starting", heardAt: 30_001 }), 30_001);
  expect(states.find("volume", "block-01")).toMatchObject({ epoch: 1, status: "starting" });
});

test("one that was replaced is believed again when its successor has stopped, or is silent; one that has stopped never is", () => {
  const states = bench();
  const said = () => states.find("volume", "block-01")?.report.incarnation;
  states.receive(on("S1", "i1", { epoch: 3 }), 0);
  states.receive(on("S2", "i2", { epoch: 1 }), 0);
  states.receive(on("S2", "i2", { epoch: 1, status: "stopped" }), 1_000);
  expect(said()).toBeUndefined();
  states.receive(on("S1", "i1", { epoch: 3, count: 2, heardAt: 1_000 }), 1_000);
  expect(said()).toBe("i1");
  states.receive(on("S2", "i2", { epoch: 1, count: 5, heardAt: 40_000 }), 40_000);
  expect(said()).toBe("i1");
  states.receive(on("S3", "i3", { epoch: 7, heardAt: 40_000 }), 40_000);
  states.receive(on("S1", "i1", { epoch: 3, count: 9, heardAt: 71_000 }), 71_000);
  expect(said()).toBe("i1");
});

test("a host that was replaced while its link was away, and keeps the address, counts again when its successor waits", () => {
  const ignored: string[] = [];
  const states = bench([], ignored);
  const said = () => {
    const known = states.find("volume", "block-01");
    return [known?.report.incarnation, known?.status];
  };
  states.receive(on("S1", "i1", { epoch: 3 }), 0);
  states.receive(on("S2", "i2", { epoch: 1, heardAt: 5_000 }), 5_000);
  // Both are ready: what went out last of the one that was replaced changes nothing.
  states.receive(on("S1", "i1", { epoch: 3, count: 2, heardAt: 6_000 }), 6_000);
  expect([said(), ignored]).toEqual([["i2", "ready"], ["superseded i1"]]);
  states.receive(on("S2", "i2", { epoch: 1, status: "degraded", heardAt: 8_000 }), 8_000);
  states.receive(on("S1", "i1", { epoch: 3, count: 3, heardAt: 9_000 }), 9_000);
  expect(said()).toEqual(["i1", "ready"]);
  states.receive(on("S2", "i2", { epoch: 1, count: 2, status: "degraded", heardAt: 10_000 }), 10_000);
  expect([said(), ignored]).toEqual([
    ["i1", "ready"],
    ["superseded i1", "superseded i2"],
  ]);
});

test("within one store the epoch decides, whatever another store says of it", () => {
  const states = bench();
  const said = () => states.find("volume", "block-01")?.report.incarnation;
  states.receive(on("S1", "i4", { epoch: 4 }), 0);
  states.receive(on("S1", "i3", { epoch: 3, count: 50 }), 0);
  expect(said()).toBe("i4");
  states.receive(on("S1", "i5", { epoch: 5, status: "starting" }), 0);
  expect(said()).toBe("i5");
});

test("what older runtimes report, without identities, is ordered by epoch", () => {
  const states = bench();
  states.receive(report({ epoch: 2 }), 0);
  states.receive(report({ epoch: 1, count: 9 }), 0);
  expect(states.find("volume", "block-01")?.epoch).toBe(2);
  states.receive(on("S1", "i3", { epoch: 3 }), 0);
  expect(states.find("volume", "block-01")?.epoch).toBe(3);
});

test("what was confirmed by a store falls with it, is shown by a later incarnation of it, and counts until its report is here", () => {
  const by = (store: string, incarnation: string, epoch: number) => ({ store, incarnation, epoch, count: 4 });
  const reservations = [{ ...held, visibleFrom: by("S1", "i1", 1) }];
  const states = bench(reservations);
  const free = () => states.find("volume", "block-01")?.free("sizeGiB");
  states.receive(on("S1", "i1", { epoch: 1, count: 3 }), 0);
  expect(free()).toBe(70);
  states.receive(on("S1", "i2", { epoch: 2, count: 1 }), 0);
  expect(free()).toBe(100);
  states.receive(on("S2", "i3", { epoch: 1, count: 1 }), 0);
  expect(free()).toBe(100);
  // A successor's confirmation that comes before its report.
  reservations[0] = { ...held, visibleFrom: by("S3", "i4", 1) };
  states.recalculate("volume", "block-01");
  expect(free()).toBe(70);
  states.receive(on("S3", "i4", { epoch: 1, count: 3 }), 0);
  expect(free()).toBe(70);
  states.receive(on("S3", "i4", { epoch: 1, count: 4 }), 0);
  expect(free()).toBe(100);
});

test("what is remembered of those that have gone is bounded", () => {
  const states = bench();
  for (let index = 0; index < 500; index++) {
    states.receive(on(`S${index}`, `i${index}`, { epoch: 1 }), index);
    if (index % 2) states.receive(on(`S${index}`, `i${index}`, { epoch: 1, status: "stopped" }), index);
  }
  states.sweep(1_000_000);
  expect(states.size).toBe(0);
});

test("counting one more gives what counting all again gives, to the last bit", () => {
  const homes = ["block-01", "block-02", "nas"];
  const member = fc.record({ address: fc.constantFrom("nas-01", "nas-02"), cluster: fc.constant("nas") });
  const single = fc.record({ address: fc.constantFrom("block-01", "block-02") });
  const step = fc.oneof(
    fc.record({
      put: fc.nat(5).map((n) => `v${n}`),
      address: fc.constantFrom(...homes),
      needs: fc.record({ sizeGiB: fc.constantFrom(0.1, 0.2, 1, 30), iops: fc.nat(3) }, { requiredKeys: ["sizeGiB"] }),
      confirmed: fc.option(fc.record({ epoch: fc.constant(1), count: fc.nat(6) }), { nil: undefined }),
    }),
    fc.record({ remove: fc.nat(5).map((n) => `v${n}`) }),
    fc.record({
      report: fc.oneof(member, single),
      count: fc.nat(6),
      used: fc.nat(50),
      heardAt: fc.constantFrom(0, 40_000),
    }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const open = (isAdding: boolean) => {
        const index: ReservationIndex = new ReservationIndex((manager, address, added) =>
          states.recalculate(manager, address, isAdding ? added : undefined),
        );
        const states = new HostStates({
          capacityOf: () => readCapacity,
          reservationsOf: (manager, address) => index.of(manager, address),
          forgetAfterMs: 1_000_000,
          downAfterMs: 30_000,
          maxAgeMs: 180_000,
          onGone: () => {},
          onIgnored: () => {},
        });
        return { index, states };
      };
      const both = [open(true), open(false)];
      for (const step of steps) {
        for (const { index, states } of both) {
          if ("remove" in step) index.remove(step.remove);
          else if ("put" in step) {
            const { put: request, address, needs, confirmed: visibleFrom } = step;
            index.put({ ...held, request, address, needs, visibleFrom }, 0);
          } else {
            const { count, used, heardAt } = step;
            states.receive(report({ ...step.report, count, heardAt, capabilities: storage(100, used) }), heardAt);
          }
        }
        const [added, counted] = both.map(({ states }) =>
          states
            .of("volume", 40_000)
            .hosts.map((host) => [host.home, host.allocated, host.free("sizeGiB"), host.reserved("iops")]),
        );
        expect(added).toEqual(counted);
      }
    }),
  );
});
