import { expect, test } from "vitest";
import { asking, bench, knowing, never } from "./placer-bench.fixture.ts";
import { report } from "./report.fixture.ts";

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
    rejections: [{ filter: "capacity", hosts: 2, examples: expect.arrayContaining(["a", "b"]) }],
  });
});

test("the same request gets the same address and holds nothing more", async () => {
  const { place, reserved, ledger } = await knowing({ a: 100, b: 90 });
  expect(await place("v1", 20)).toBe("a");
  expect(await place("v2", 20)).toBe("b");
  expect(await place("v1", 20)).toBe("a");
  expect(await Promise.all([place("v3", 1), place("v3", 1)])).toEqual(["a", "a"]);
  expect(reserved("a")).toBe(21);
  expect((await ledger.changedSince(0)).reservations).toHaveLength(3);
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
  expect((await ledger.changedSince(0)).reservations).toEqual([]);
  await placer.sweep();
  expect(await place("v2", 60)).toBe("a");
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
  expect((await ledger.changedSince(0)).reservations.map(({ request }) => request)).toEqual(["v1"]);
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
  expect((await ledger.changedSince(0)).reservations).toEqual([]);
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
  expect((await ledger.changedSince(0)).reservations).toEqual([]);
});

test("a turn that fails has learnt nothing: what another promises in its place is known to the next one", async () => {
  let failing = false;
  const mine = {
    name: "mine",
    accepts: () => {
      if (failing) throw new Error("oops");
      return true;
    },
  };
  const { place, second } = await knowing({ a: 100 }, { filters: [mine] });
  const other = await second();
  expect(await place("v1", 60)).toBe("a");
  await other.release("v1");
  failing = true;
  // It has read everything again, because another has given something back, and then it fails.
  await expect(place("v2", 60)).rejects.toThrow("oops");
  failing = false;
  expect(await place("v3", 60, {}, other)).toBe("a");
  expect(await place("v4", 60)).toBe("NO_HOST");
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
  placer.receive(report({ address: "b", status: "degraded", measuredAt: clock.now(), cluster: "b" }));
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
    { address: "b", cluster: "b", excludedBy: ["ready"] },
  ]);
  const second = page({ manager: "volume" }, 2, first.next);
  expect([second.items.map(({ address }) => address), second.next]).toEqual([["c"], undefined]);
  expect(page(undefined, 10).items.map(({ address }) => address)).toEqual(["n", "a", "b", "c"]);
  expect(page({ eligible: true }, 10).items).toMatchObject([
    { address: "n", excludedBy: [], capabilities: { vlan: 4 } },
  ]);
  expect(page({ eligible: false }, 2).items.map(({ address }) => address)).toEqual(["a", "b"]);
});
