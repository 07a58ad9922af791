import { ManualClock, seededRandom } from "@reeve/runtime";
import { expect, onTestFinished, test, vi } from "vitest";
import type { PlaceRequest } from "./contract.ts";
import { ReservationLedger } from "./ledger.ts";
import { Placer } from "./placer.ts";
import { report, storage } from "./report.fixture.ts";
import { compileSchedulerOptions, type SchedulerOptions } from "./scheduler-options.ts";
import { openSchedulerStore } from "./scheduler-store.fixture.ts";

const never = new AbortController().signal;

async function bench(given: SchedulerOptions = {}) {
  const opened = await openSchedulerStore();
  onTestFinished(() => opened[Symbol.asyncDispose]());
  const clock = new ManualClock();
  const options = compileSchedulerOptions({ gather: 0, downAfter: "1d", random: seededRandom(1), ...given });
  const ledger = new ReservationLedger(opened.store);
  return { clock, ledger, scheduler: () => new Placer(options, { clock, ledger }) };
}

function asking(request: string, sizeGiB: number, more: Partial<PlaceRequest> = {}): PlaceRequest {
  return { manager: "volume", request, needs: { sizeGiB }, labels: {}, requires: {}, exclude: [], ...more };
}

/** A scheduler that knows hosts of these sizes. */
async function knowing(sizes: Record<string, number>, given: SchedulerOptions = {}) {
  const { scheduler, ...rest } = await bench(given);
  const placer = scheduler();
  const tell = (to = placer) => {
    for (const [address, size] of Object.entries(sizes)) to.receive(report({ address, capabilities: storage(size) }));
  };
  tell();
  await rest.clock.advance(0);
  const place = async (request: string, size: number, more: Partial<PlaceRequest> = {}, by = placer) => {
    const placed = await by.place(asking(request, size, more), never);
    return placed.kind === "no host"
      ? "NO_HOST"
      : placed.kind === "reused"
        ? `reused ${placed.address}`
        : placed.address;
  };
  const reserved = (address: string, of = placer) =>
    of.hosts({ filter: undefined, limit: 100, cursor: undefined }).items.find((host) => host.address === address)
      ?.resources.sizeGiB?.reserved;
  const second = async () => {
    const other = scheduler();
    tell(other);
    await rest.clock.advance(0);
    return other;
  };
  return { ...rest, placer, place, reserved, second, tell };
}

test("what is placed is taken off until nothing more fits, and then it says why", async () => {
  const { placer, place, reserved } = await knowing({ a: 30, b: 20 });
  expect(await place("v1", 20)).toBe("a");
  expect(await place("v2", 20)).toBe("b");
  expect(await place("v3", 20)).toBe("NO_HOST");
  expect(await place("v4", 10)).toBe("a");
  expect([reserved("a"), reserved("b")]).toEqual([30, 20]);
  expect(placer.explain("v3")).toMatchObject({
    address: null,
    considered: 2,
    rejections: [{ filter: "capacity", hosts: 2, examples: ["a", "b"] }],
  });
});

test("the same request gets the same address and holds nothing more", async () => {
  const { place, reserved, ledger } = await knowing({ a: 100, b: 90 });
  expect(await place("v1", 20)).toBe("a");
  expect(await place("v2", 20)).toBe("b");
  expect(await place("v1", 20)).toBe("a");
  expect(await Promise.all([place("v3", 1), place("v3", 1)])).toEqual(["a", "a"]);
  expect(reserved("a")).toBe(21);
  expect((await ledger.read()).reservations).toHaveLength(3);
});

test("a request that stands for something else is refused", async () => {
  const { place } = await knowing({ a: 100 });
  await place("v1", 20);
  expect(await place("v1", 21)).toBe("reused a");
  expect(await place("v1", 20, { needs: { sizeGiB: 20, gpu: 1 } })).toBe("reused a");
  expect(await place("v1", 20, { needs: { gpu: 20 } })).toBe("reused a");
});

test("another manager's request of that name is refused too", async () => {
  const { place, placer, clock } = await knowing({ a: 100 });
  placer.receive(report({ manager: "network", address: "n" }));
  await clock.advance(0);
  await place("v1", 20);
  expect(await place("v1", 20, { manager: "network" })).toBe("reused a");
});

test("when its address is excluded, a request moves on, and its reservation with it", async () => {
  const { place, reserved } = await knowing({ a: 100, b: 90 });
  expect(await place("v1", 20)).toBe("a");
  expect(await place("v1", 20, { exclude: ["a"] })).toBe("b");
  expect([reserved("a"), reserved("b")]).toEqual([0, 20]);
});

test("when nowhere else fits, what failed holds nothing any more", async () => {
  const { place, placer, ledger } = await knowing({ a: 100 });
  await place("v1", 60);
  expect(await place("v1", 60, { exclude: ["a"] })).toBe("NO_HOST");
  expect((await ledger.read()).reservations).toEqual([]);
  await placer.sweep();
  expect(await place("v2", 60)).toBe("a");
});

test("releasing gives back at once, also what another scheduler placed", async () => {
  const { place, placer, second, reserved } = await knowing({ a: 100 });
  const other = await second();
  await place("v1", 60);
  expect(await place("v2", 60, {}, other)).toBe("NO_HOST");
  expect(await other.release("v1")).toBe(true);
  expect(await other.release("v1")).toBe(false);
  expect(reserved("a", other)).toBe(0);
  // The first scheduler has not heard of it, and looks before it refuses.
  expect(reserved("a", placer)).toBe(60);
  expect(await place("v3", 60)).toBe("a");
});

test("a sweep learns what others removed", async () => {
  const { place, placer, second, reserved } = await knowing({ a: 100 });
  const other = await second();
  await place("v1", 60);
  await other.release("v1");
  await placer.sweep();
  expect(reserved("a")).toBe(0);
});

test("a reservation that nobody confirms ends, after as long as the request or the scheduler says", async () => {
  const { place, placer, clock, reserved, ledger } = await knowing({ a: 100 }, { holdFor: "10s" });
  await place("v1", 20);
  await place("v2", 30, { holdMs: 60_000 });
  await clock.advance(10_000);
  await placer.sweep();
  expect(reserved("a")).toBe(50);
  await clock.advance(1);
  await placer.sweep();
  expect(reserved("a")).toBe(30);
  await clock.advance(50_000);
  await placer.sweep();
  expect(reserved("a")).toBe(0);
  expect((await ledger.read()).reservations).toEqual([]);
});

test("placing again renews, and a sweep by another scheduler leaves what was renewed", async () => {
  const { place, placer, second, clock, ledger } = await knowing({ a: 100 }, { holdFor: "10s" });
  const other = await second();
  await place("v1", 20);
  await other.sweep();
  await clock.advance(9_000);
  await place("v1", 20);
  await clock.advance(2_000);
  await Promise.all([other.sweep(), placer.sweep()]);
  expect((await ledger.read()).reservations).toHaveLength(1);
});

test("what is renewed between a sweep's look and its turn stays", async () => {
  const { place, second, clock, ledger } = await knowing({ a: 100 }, { holdFor: "10s" });
  const sweeper = await second();
  await place("v1", 20);
  await sweeper.sweep();
  await clock.advance(11_000);
  const looked = await ledger.read();
  vi.spyOn(ledger, "read").mockImplementationOnce(async () => {
    await place("v1", 20);
    return looked;
  });
  await sweeper.sweep();
  expect((await ledger.read()).reservations).toMatchObject([{ request: "v1" }]);
});

test("a confirmed reservation stands until the host's measurements show it", async () => {
  const { place, placer, reserved } = await knowing({ a: 100 });
  await place("v1", 20);
  expect(await placer.confirm("v1", { epoch: 1, count: 3 })).toBe(true);
  expect(await placer.confirm("v9", { epoch: 1, count: 3 })).toBe(false);
  placer.receive(report({ address: "a", count: 2, capabilities: storage(100, 20) }));
  expect(reserved("a")).toBe(20);
  placer.receive(report({ address: "a", count: 3, capabilities: storage(100, 20) }));
  expect(reserved("a")).toBe(0);
  expect(await place("v2", 80)).toBe("a");
  expect(await place("v1", 20)).toBe("a");
});

test("confirming again never brings the end forward", async () => {
  const { place, placer, ledger } = await knowing({ a: 100 });
  await place("v1", 20);
  await placer.confirm("v1", { epoch: 2, count: 9 });
  await placer.confirm("v1", { epoch: 2, count: 3 });
  expect((await ledger.read()).reservations).toMatchObject([{ visibleFrom: { epoch: 2, count: 9 } }]);
});

test("the row of a confirmed reservation outlives every view of the host that does not show it", async () => {
  const { place, placer, second, clock } = await knowing({ a: 100 }, { maxAge: "10s", holdFor: "1s" });
  const slow = await second();
  await place("v1", 80);
  await placer.confirm("v1", { epoch: 1, count: 3 });
  // The first scheduler hears of it. The slow one gets one more measurement, begun before v1 was there, and then nothing.
  placer.receive(report({ address: "a", count: 3, capabilities: storage(100, 80), measuredAt: clock.now() }));
  await clock.advance(9_000);
  slow.receive(report({ address: "a", count: 2, capabilities: storage(100), measuredAt: clock.now() }));
  await clock.advance(9_000);
  await placer.sweep();
  await slow.sweep();
  expect(await place("v2", 80, {}, slow)).toBe("NO_HOST");
  await clock.advance(13_000);
  await placer.sweep();
  await slow.sweep();
  expect(await place("v3", 80, {}, slow)).toBe("NO_HOST");
  expect(slow.explain("v3")?.rejections).toMatchObject([{ filter: "measured" }]);
});

test("reservations outlive the scheduler that made them", async () => {
  const { place, second, reserved } = await knowing({ a: 100 });
  await place("v1", 60);
  const successor = await second();
  expect(await place("v2", 60, {}, successor)).toBe("NO_HOST");
  expect(reserved("a", successor)).toBe(60);
});

test("a placement waits for the first report, and goes when its caller does", async () => {
  const { scheduler, clock, ledger } = await bench();
  const placer = scheduler();
  const controller = new AbortController();
  const [patient, gone] = [placer.place(asking("v1", 5), never), placer.place(asking("v2", 5), controller.signal)];
  controller.abort(new Error("deadline"));
  await expect(gone).rejects.toThrow("deadline");
  placer.receive(report({ address: "a" }));
  await clock.advance(0);
  expect(await patient).toEqual({ kind: "placed", address: "a" });
  expect((await ledger.read()).reservations.map(({ request }) => request)).toEqual(["v1"]);
});

test("who is aborted while waiting for a turn leaves no promise behind", async () => {
  const { placer, ledger } = await knowing({ a: 100 });
  const release = Promise.withResolvers<void>();
  const blocking = ledger.exclusively(() => release.promise);
  const controller = new AbortController();
  const waiting = placer.place(asking("v1", 5), controller.signal);
  controller.abort(new Error("deadline"));
  release.resolve();
  await blocking;
  await expect(waiting).rejects.toThrow("deadline");
  expect((await ledger.read()).reservations).toEqual([]);
});

test("a filter that throws fails the placement and leaves no promise behind", async () => {
  const mine = {
    name: "mine",
    accepts: () => {
      throw new Error("oops");
    },
  };
  const { place, ledger } = await knowing({ a: 100 }, { filters: [mine] });
  await expect(place("v1", 5)).rejects.toThrow("filter mine on volume a: oops");
  expect((await ledger.read()).reservations).toEqual([]);
});

test("the last placements are remembered with their reasons, up to the bound", async () => {
  const { place, placer, clock } = await knowing({ a: 100, b: 50 }, { explained: 2 });
  await place("v1", 1);
  await place("v2", 1);
  await clock.advance(5_000);
  await place("v3", 1);
  expect(placer.explain("v1")).toBeUndefined();
  expect(placer.explain("v2")).toMatchObject({
    request: "v2",
    address: "a",
    decidedMsAgo: 5_000,
    candidates: 2,
    tied: 1,
  });
  expect(placer.explain("v3")?.ranking).toMatchObject([{ address: "a" }, { address: "b" }]);
  expect(placer.inspect()).toMatchObject({
    hosts: 2,
    reservations: 3,
    placements: [{ request: "v3" }, { request: "v2" }],
  });
});

test("hosts are listed page by page, each with why nothing can be placed there", async () => {
  const { placer, place, clock } = await knowing({ a: 100, c: 50 }, { maxAge: "10s" });
  await place("v1", 20);
  await clock.advance(11_000);
  placer.receive(report({ address: "b", status: "degraded", measuredAt: clock.now(), cluster: "rack-a" }));
  placer.receive(report({ manager: "network", address: "n", measuredAt: clock.now(), capabilities: { vlan: 4 } }));
  const page = (filter: object | undefined, limit: number, cursor?: string) => placer.hosts({ filter, limit, cursor });
  const first = page({ manager: "volume" }, 2);
  expect(first.items).toMatchObject([
    {
      address: "a",
      cluster: null,
      status: "ready",
      epoch: 1,
      measuredMsAgo: 11_000,
      heardMsAgo: 11_000,
      resources: { sizeGiB: { total: 100, free: 80, reserved: 20 } },
      allocated: 1,
      excludedBy: ["measured"],
    },
    { address: "b", cluster: "rack-a", excludedBy: ["ready"] },
  ]);
  const second = page({ manager: "volume" }, 2, first.next);
  expect([second.items.map(({ address }) => address), second.next]).toEqual([["c"], undefined]);
  expect(page(undefined, 10).items.map(({ address }) => address)).toEqual(["n", "a", "b", "c"]);
  expect(page({ eligible: true }, 10).items).toMatchObject([
    { address: "n", excludedBy: [], capabilities: { vlan: 4 } },
  ]);
  expect(page({ eligible: false }, 2).items.map(({ address }) => address)).toEqual(["a", "b"]);
});
