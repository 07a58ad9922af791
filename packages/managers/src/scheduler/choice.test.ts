import { seededRandom } from "@reeve/runtime/internal";
import { expect, test } from "vitest";
import { readCapacity } from "./capacity.ts";
import { type Choosers, choose as chooseRow } from "./choice.ts";
import type { PlaceRequest } from "./contract.ts";
import { builtInFilters, rowFilter } from "./filters.ts";
import { HostState } from "./host-state.ts";
import { HostTable } from "./host-table.ts";
import { placementRequest } from "./placement-request.ts";
import { report, storage } from "./report.fixture.ts";
import { builtInWeighers, rowWeigher } from "./weighers.ts";

const now = 1_000_000;
const limits = { downAfterMs: 30_000, maxAgeMs: 180_000 };
const fresh = { measuredAt: now, heardAt: now };

function host(address: string, given: Parameters<typeof report>[0] = {}): HostState {
  return new HostState(report({ address, ...fresh, ...given }), readCapacity);
}

function request(given: Partial<PlaceRequest> = {}) {
  const blank = { manager: "volume", request: "r1", needs: { sizeGiB: 10 }, labels: {}, requires: {}, exclude: [] };
  return placementRequest({ ...blank, ...given }, now);
}

const choosers: Choosers = { filters: builtInFilters(limits), weighers: builtInWeighers(), random: seededRandom(1) };

function choose(hosts: readonly HostState[], ...rest: [ReturnType<typeof request>, Choosers]) {
  const table = new HostTable();
  for (const one of hosts) table.set(one);
  return chooseRow(table, ...rest);
}

test.each<[string, Parameters<typeof report>[0], Partial<PlaceRequest>]>([
  ["up", { heardAt: now - 30_001 }, {}],
  ["ready", { status: "starting" }, {}],
  ["ready", { status: "degraded" }, {}],
  ["ready", { status: "resetting" }, {}],
  ["ready", { status: "draining" }, {}],
  ["measured", { measuredAt: now - 180_001 }, {}],
  ["attempted", {}, { exclude: ["other", "block-01"] }],
  ["availabilityZone", {}, { availabilityZone: "az-1" }],
  ["availabilityZone", { capabilities: { ...storage(100), availabilityZone: "az-2" } }, { availabilityZone: "az-1" }],
  ["labels", {}, { labels: { media: "ssd" } }],
  ["labels", { capabilities: { ...storage(100), labels: { media: "hdd" } } }, { labels: { media: "ssd" } }],
  ["labels", { capabilities: { ...storage(100), labels: "ssd" } }, { labels: { media: "ssd" } }],
  ["labels", { capabilities: { ...storage(100), labels: {} } }, { labels: { toString: "ssd" } }],
  ["capabilities", {}, { requires: { tier: "gold" } }],
  ["capacity", { capabilities: storage(100, 91) }, {}],
  ["capacity", {}, { needs: { sizeGiB: 10, gpu: 1 } }],
  ["capacity", { capabilities: {} }, {}],
])("the filter %s turns away %j when asked for %j, and says so", (filter, given, asked) => {
  const choice = choose([host("block-01", given)], request(asked), choosers);
  expect(choice).toMatchObject({
    host: undefined,
    considered: 1,
    candidates: 0,
    tied: 0,
    ranking: [],
    rejections: [{ filter, hosts: 1, examples: ["block-01"] }],
  });
});

test.each<[Parameters<typeof report>[0], Partial<PlaceRequest>]>([
  [{ heardAt: now - 30_000, measuredAt: now - 180_000 }, {}],
  [{ capabilities: storage(100, 90) }, {}],
  [{ capabilities: { ...storage(100), availabilityZone: "az-1" } }, { availabilityZone: "az-1" }],
  [{ capabilities: { ...storage(100), labels: { media: "ssd", rack: "3" } } }, { labels: { media: "ssd" } }],
  [{ capabilities: { tier: "gold" } }, { needs: {}, requires: { tier: { oneOf: ["gold"] } } }],
  [{}, { exclude: ["block-02"] }],
])("%j is chosen when asked for %j", (given, asked) => {
  expect(choose([host("block-01", given)], request(asked), choosers).host?.address).toBe("block-01");
});

test("a host counts for the first filter that turns it away, and few of many are named", () => {
  const hosts = Array.from({ length: 20 }, (_, index) =>
    host(`h${index}`, { status: index < 7 ? "degraded" : "ready", capabilities: {} }),
  );
  const { rejections, considered } = choose(hosts, request(), choosers);
  expect(considered).toBe(20);
  expect(rejections).toEqual([
    { filter: "ready", hosts: 7, examples: ["h0", "h1", "h2", "h3", "h4"] },
    { filter: "capacity", hosts: 13, examples: ["h7", "h8", "h9", "h10", "h11"] },
  ]);
});

test("most free capacity wins, the fewest things held next, and the explanation adds up", () => {
  const hosts = [
    host("small", { capabilities: { ...storage(50), volumes: 0 } }),
    host("large", { capabilities: { ...storage(150), volumes: 4 } }),
    host("crowded", { capabilities: { ...storage(150), volumes: 8 } }),
  ];
  const { host: chosen, ranking, candidates, tied } = choose(hosts, request(), choosers);
  expect(chosen?.address).toBe("large");
  expect([candidates, tied]).toEqual([3, 1]);
  expect(ranking).toEqual([
    {
      address: "large",
      score: 1.25,
      weights: [
        { weigher: "freeCapacity", value: 15, score: 1 },
        { weigher: "fewestAllocated", value: -4, score: 0.25 },
      ],
    },
    expect.objectContaining({ address: "crowded", score: 1 }),
    expect.objectContaining({ address: "small", score: 0.5 }),
  ]);
});

test("with several needs, the scarcest counts", () => {
  const resources = (gpu: number) => ({ ...storage(100), resources: { gpu: { total: 8, free: gpu } } });
  const hosts = [host("few", { capabilities: resources(2) }), host("many", { capabilities: resources(6) })];
  const weighed = choose(hosts, request({ needs: { sizeGiB: 1, gpu: 1 } }), choosers).ranking;
  expect(weighed.map(({ address, weights }) => [address, weights[0]!.value])).toEqual([
    ["many", 6],
    ["few", 2],
  ]);
});

test("a negative multiplier packs instead of spreading", () => {
  const hosts = [host("large", { capabilities: storage(200) }), host("small", { capabilities: storage(50) })];
  const packing = { ...choosers, weighers: builtInWeighers({ freeCapacity: -1 }) };
  expect(choose(hosts, request(), packing).host?.address).toBe("small");
});

test("equals are drawn evenly", () => {
  const hosts = Array.from({ length: 4 }, (_, index) => host(`h${index}`));
  const drawn = new Map<string, number>();
  for (let turn = 0; turn < 4_000; turn++) {
    const { host: chosen, tied, ranking } = choose(hosts, request(), choosers);
    expect(tied).toBe(4);
    expect(ranking[0]?.address).toBe(chosen?.address);
    drawn.set(chosen!.address, (drawn.get(chosen!.address) ?? 0) + 1);
  }
  for (const times of drawn.values()) expect(times).toBeGreaterThan(850);
  expect(drawn.size).toBe(4);
});

test("the ranking names the best five, in order", () => {
  const hosts = Array.from({ length: 50 }, (_, index) =>
    host(`h${index}`, { capabilities: storage(20 + ((index * 7) % 50)) }),
  );
  const ranking = choose(hosts, request(), choosers).ranking;
  const sizes = ranking.map(({ address }) => 20 + ((Number(address.slice(1)) * 7) % 50));
  expect(sizes).toEqual([69, 68, 67, 66, 65]);
});

test("without any host, no filter is reported as failed", () => {
  expect(choose([], request(), choosers)).toMatchObject({
    host: undefined,
    considered: 0,
    rejections: [],
    ranking: [],
  });
});

test("a filter that throws is named, with the host it failed on", () => {
  const mine = rowFilter({
    name: "mine",
    accepts() {
      throw new Error("oops");
    },
  });
  const choosing = () => choose([host("block-01")], request(), { ...choosers, filters: [...choosers.filters, mine] });
  expect(choosing).toThrow("filter mine on volume block-01: oops");
});

test.each<[string, () => number, string]>([
  [
    "throws",
    () => {
      throw new Error("oops");
    },
    "oops",
  ],
  ["weighs NaN", () => Number.NaN, "expected a finite weight, got NaN"],
  ["weighs text", () => "5" as never, "expected a finite weight, got 5"],
  ["weighs Infinity", () => Number.POSITIVE_INFINITY, "expected a finite weight, got Infinity"],
])("a weigher that %s is named", (_, weigh, message) => {
  const weighers = [...builtInWeighers(), rowWeigher({ name: "mine", multiplier: 1, weigh })];
  const choosing = () => choose([host("block-01")], request(), { ...choosers, weighers });
  expect(choosing).toThrow(`weigher mine on volume block-01: ${message}`);
});
