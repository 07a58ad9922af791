import { expect, test } from "vitest";
import { asking, bench, never } from "./placer-bench.fixture.ts";
import { report, storage } from "./report.fixture.ts";
import type { SchedulerOptions } from "./scheduler-options.ts";

type Said = NonNullable<Parameters<typeof report>[0]>;

/** Two members of one cluster, each with an epoch of its own; both say what the backend that they share has. */
async function cluster(given: SchedulerOptions = {}) {
  const { scheduler, clock } = await bench({ downAfter: "30s", reportTimeout: 0, resetTimeout: 0, ...given });
  const placer = scheduler();
  const sources = { a: { id: "Sa", host: "block-a", heardAt: 0 }, b: { id: "Sb", host: "block-b", heardAt: 0 } };
  const epochs = { a: 9, b: 2 };
  let count = 1;
  const say = (member: "a" | "b", said: Said = {}) => {
    const source = Object.assign(sources[member], { heardAt: clock.now() });
    const address = `block-${member}@ssd`;
    const head = { address, cluster: "rack-a@ssd", epoch: epochs[member], incarnation: `i${member}`, store: "s" };
    const measured = { count: count++, measuredAt: clock.now(), capabilities: storage(100) };
    placer.receive({ ...report({ ...head, ...measured, ...said }), source });
    return measured.count;
  };
  say("a");
  say("b");
  await clock.advance(0);
  const place = async (request: string, size = 10, exclude: string[] = []) => {
    const placed = await placer.place(asking(request, size, { exclude }), never);
    return placed.kind === "placed" ? placed.address : placed.kind;
  };
  const listed = () => placer.hosts({ filter: undefined, limit: 10, cursor: undefined }).items;
  const free = () => listed().map(({ address, resources }) => `${address} ${resources.sizeGiB?.free}`);
  return { clock, placer, sources, say, place, listed, free };
}

test("members of a cluster are one host with the cluster's address, and what they share is counted once", async () => {
  const { place, listed, free } = await cluster();
  expect(await place("v1", 60)).toBe("rack-a@ssd");
  expect(await place("v2", 60)).toBe("no host");
  expect(free()).toEqual(["rack-a@ssd 40"]);
  expect(listed()).toMatchObject([{ cluster: "rack-a@ssd", members: ["block-a@ssd", "block-b@ssd"], epoch: 9 }]);
});

test.each<[string, (bed: Awaited<ReturnType<typeof cluster>>) => Promise<void> | void]>([
  ["stops", ({ say }) => void say("a", { status: "stopped" })],
  ["is degraded", ({ say }) => void say("a", { status: "degraded" })],
  ["drains", ({ say }) => void say("a", { status: "draining" })],
  [
    "falls silent",
    async ({ clock, say }) => {
      await clock.advance(20_000);
      say("b");
      await clock.advance(10_001);
    },
  ],
  [
    "does not measure any more",
    async ({ clock, say, sources }) => {
      await clock.advance(100_000);
      sources.a.heardAt = clock.now();
      say("b");
      await clock.advance(80_001);
      sources.a.heardAt = sources.b.heardAt = clock.now();
    },
  ],
])("a member that %s changes nothing while another is ready", async (_, happens) => {
  const bed = await cluster();
  expect(await bed.place("v1", 30)).toBe("rack-a@ssd");
  await happens(bed);
  expect(await bed.place("v2", 30)).toBe("rack-a@ssd");
  expect(bed.free()).toEqual(["rack-a@ssd 40"]);
  expect(bed.listed()[0]?.members[0]).toBe("block-b@ssd");
  expect(await bed.place("v3", 60)).toBe("no host");
});

test("the one that speaks goes on to when others are ready again", async () => {
  const { say, listed } = await cluster();
  say("a", { status: "degraded" });
  say("a");
  expect(listed()[0]?.members[0]).toBe("block-b@ssd");
});

test("without any ready member nothing is placed; one that is heard again without a report will do", async () => {
  const { clock, say, place, sources } = await cluster();
  say("a", { status: "degraded" });
  await clock.advance(30_001);
  expect(await place("v1")).not.toBe("rack-a@ssd");
  await clock.advance(1);
  sources.b.heardAt = clock.now();
  expect(await place("v2")).toBe("rack-a@ssd");
});

test("what is excluded is the cluster, not a member", async () => {
  const { place } = await cluster();
  expect(await place("v1", 10, ["block-a@ssd"])).toBe("rack-a@ssd");
  expect(await place("v2", 10, ["rack-a@ssd"])).toBe("no host");
});

test("what one member confirms stands until what the one that speaks says of it is certain", async () => {
  const { say, place, placer, free } = await cluster();
  await place("v1", 60);
  // Of b's life, whose epochs have nothing to do with a's.
  await placer.confirm("v1", { epoch: 2, count: 3, incarnation: "ib", store: "s" });
  say("a", { capabilities: storage(100, 60) });
  expect(free()).toEqual(["rack-a@ssd -20"]);
  say("a", { capabilities: { ...storage(100, 60), placed: ["v1"] } });
  expect(free()).toEqual(["rack-a@ssd 40"]);
});

test("what the one that speaks has confirmed itself it shows by its measurements, also in its next life", async () => {
  const { say, place, placer, free } = await cluster();
  await place("v1", 60);
  await placer.confirm("v1", { epoch: 9, count: 3, incarnation: "ia", store: "s" });
  expect(free()).toEqual(["rack-a@ssd 40"]);
  expect(say("a", { capabilities: storage(100, 60) })).toBe(3);
  expect(free()).toEqual(["rack-a@ssd 40"]);
  say("a", { epoch: 10, count: 1, incarnation: "ia2", capabilities: storage(100, 60) });
  expect(free()).toEqual(["rack-a@ssd 40"]);
});

test("when the last member has gone, so has the host", async () => {
  const { say, listed } = await cluster();
  say("a", { status: "stopped" });
  say("b", { status: "stopped" });
  expect(listed()).toEqual([]);
});

test("a member that leaves its cluster is a host of its own, and the cluster goes on without it", async () => {
  const { say, place, free, listed } = await cluster();
  await place("v1", 60);
  say("a", { cluster: undefined });
  expect(free()).toEqual(["block-a@ssd 100", "rack-a@ssd 40"]);
  expect(listed().map(({ members }) => members)).toEqual([["block-a@ssd"], ["block-b@ssd"]]);
  say("a");
  expect(free()).toEqual(["rack-a@ssd 40"]);
});
