import type { CapabilityReport } from "@reeve/runtime/capability";
import { seededRandom } from "@reeve/runtime/internal";
import fc from "fast-check";
import { expect, test } from "vitest";
import { readCapacity } from "../capacity.ts";
import { type Choice, choose, rankedHosts, rounding } from "../choice.ts";
import type { PlaceRequest } from "../contract.ts";
import { filter, namedHosts } from "../filtering.ts";
import { HostState } from "../host-state.ts";
import { HostTable } from "../host-table.ts";
import { placementRequest } from "../placement-request.ts";
import { report } from "../report.fixture.ts";
import type { Reservation } from "../reservation.ts";
import { compileSchedulerOptions, type SchedulerOptions } from "../scheduler-options.ts";
import { rankingPlan } from "./ranking-plan.ts";
import { Rankings } from "./rankings.ts";

const downAfter = 30_000;
const maxAge = 180_000;

const schedulers: readonly SchedulerOptions[] = [
  {},
  { multipliers: { freeCapacity: -1, fewestAllocated: 2 } },
  { multipliers: { freeCapacity: 0, fewestAllocated: 0 } },
  {
    filters: [{ name: "notRack0", pure: true, accepts: ({ capabilities }) => capabilities.rack !== 0 }],
    weighers: [
      { name: "fast", pure: true, multiplier: 2, weigh: ({ capabilities }) => Number(capabilities.iops) },
      { name: "old", pure: true, multiplier: -0.7, weigh: ({ address }) => address.length },
    ],
  },
];

const asked = fc.record({
  size: fc.constantFrom(1, 3, 7, 10, 25),
  needs: fc.constantFrom("sizeGiB", "sizeGiB", "sizeGiB", "gpu", "both", "nothing", "unknown"),
  labels: fc.constantFrom({}, {}, {}, { media: "ssd" }),
  zone: fc.constantFrom(undefined, undefined, undefined, "az-1"),
  requires: fc.constantFrom({}, {}, {}, { iops: { atLeast: 3 } }),
  exclude: fc.array(fc.nat(300), { maxLength: 4 }),
  draw: fc.double({ min: 0, max: 0.999, noNaN: true }),
});
type Asked = typeof asked extends fc.Arbitrary<infer A> ? A : never;
const at = fc.nat(300);
const seed = fc.nat(1_000_000);
const step = fc.oneof(
  { weight: 16, arbitrary: fc.record({ kind: fc.constant("choose" as const), asked }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("report" as const), at, seed }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("storm" as const), seed }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant("reserve" as const), at, size: fc.integer({ min: 1, max: 9 }) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("gone" as const), at }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("heard" as const), at }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("pass" as const), ms: fc.constantFrom(1, 15_000, 29_999.3, 90_000) }),
  },
);
const fleet = fc.record({
  seed,
  hosts: fc.constantFrom(0, 1, 5, 40, 150, 300),
  /** How many different values there are: few make ties. */
  variety: fc.constantFrom(1, 3, 1_000),
  scheduler: fc.nat(schedulers.length - 1),
});

/** Hosts that several supervisors speak for, and what the test does to them. */
class Fleet {
  readonly table = new HostTable();
  readonly hosts = new Map<string, HostState>();
  readonly sources = Array.from({ length: 12 }, (_, index) => ({ id: `S${index}`, host: `s${index}`, heardAt: 0 }));
  readonly #reserved = new Map<string, Reservation[]>();
  readonly #variety: number;
  now = 0;
  #reports = 1;

  constructor(variety: number) {
    this.#variety = variety;
  }

  report(at: number, seed: number): void {
    const address = `h${at}`;
    const said = this.#said(at, address, seededRandom(seed * 1_000 + at));
    const known = this.hosts.get(address);
    if (known) known.receive(said, readCapacity);
    const host = known ?? new HostState(said, readCapacity);
    this.hosts.set(address, host);
    Object.assign(host.source, { heardAt: this.now });
    this.#recount(host);
  }

  reserve(at: number, size: number): void {
    const host = this.hosts.get(`h${at}`);
    if (!host) return;
    const list = this.#reserved.get(host.address) ?? [];
    const needs = { sizeGiB: size, gpu: 1 };
    const { manager, address } = host;
    const held = { holdMs: 1, heldUntil: undefined, visibleFrom: undefined, revision: 1 };
    list.push({ request: `r${list.length}`, manager, address, needs, ...held });
    this.#reserved.set(address, list);
    this.#recount(host);
  }

  remove(at: number): void {
    const host = this.hosts.get(`h${at}`);
    if (!host) return;
    this.hosts.delete(host.address);
    this.#reserved.delete(host.address);
    this.table.delete(host.home);
  }

  #recount(host: HostState): void {
    host.count(this.#reserved.get(host.address) ?? []);
    this.table.set(host);
  }

  #said(at: number, address: string, random: () => number): CapabilityReport {
    const one = (most: number) => Math.floor(random() * Math.min(most, this.#variety));
    const gib = 2 ** 30;
    const totalBytes = (10 + one(40)) * gib;
    const usedBytes = (one(1_000) / 1_000) * totalBytes;
    const said = report({
      address,
      status: random() < 0.9 ? "ready" : "degraded",
      count: this.#reports++,
      measuredAt: this.now - (random() < 0.1 ? 170_000 : 0),
      capabilities: {
        ...{ totalBytes, freeBytes: totalBytes - usedBytes, provisionedBytes: usedBytes },
        ...(random() < 0.8 ? { resources: { gpu: { total: 9, free: one(9) + 1 } } } : {}),
        ...{ allocated: one(20), rack: one(3), iops: one(6), availabilityZone: `az-${one(3)}` },
        labels: { media: one(2) === 0 ? "ssd" : "hdd" },
      },
    });
    return { ...said, source: this.sources[at % this.sources.length]! };
  }
}

function requestOf({ size, needs, labels, zone, requires, exclude }: Asked, now: number) {
  const amounts = {
    sizeGiB: { sizeGiB: size },
    gpu: { gpu: Math.ceil(size / 5) },
    both: { sizeGiB: size, gpu: 2 },
    nothing: {},
    unknown: { sizeGiB: size, slots: 1 },
  }[needs];
  const given: PlaceRequest = { manager: "volume", request: "r", needs: amounts, labels, requires, exclude: [] };
  const zoned = zone === undefined ? given : { ...given, availabilityZone: zone };
  return placementRequest({ ...zoned, exclude: exclude.map((at) => `h${at}`) }, now);
}

/** What the plain way draws as the last of so many equals. */
function drawing(place: number): () => number {
  let calls = 0;
  return () => (calls++ === place ? 0 : 0.999_999_9);
}

function comparable({ host: _, ranking: __, rejections, ...rest }: Choice) {
  return { ...rest, rejections: rejections.map(({ filter, hosts }) => ({ filter, hosts })) };
}

test("a ranking chooses as looking at every host does: candidates, ties, scores, order, and who turned whom away", () => {
  let ranked = 0;
  let tiedChoices = 0;
  const run = fc.property(fleet, fc.array(step, { minLength: 40, maxLength: 120, size: "max" }), (given, steps) => {
    const options = compileSchedulerOptions({ downAfter, maxAge, ...schedulers[given.scheduler]! });
    const plan = rankingPlan(options.filters, options.weighers)!;
    const fleet = new Fleet(given.variety);
    const { table } = fleet;
    for (let at = 0; at < given.hosts; at++) fleet.report(at, given.seed);
    const rankings = new Rankings(table, plan, options);
    for (const step of steps) {
      if (step.kind === "report") fleet.report(step.at, step.seed);
      else if (step.kind === "storm") for (let at = 0; at < given.hosts; at++) fleet.report(at, step.seed);
      else if (step.kind === "reserve") fleet.reserve(step.at, step.size);
      else if (step.kind === "gone") fleet.remove(step.at);
      else if (step.kind === "heard") Object.assign(fleet.sources[step.at % 12]!, { heardAt: fleet.now });
      else if (step.kind === "pass") fleet.now += step.ms;
      else {
        const request = requestOf(step.asked, fleet.now);
        const choiceWith = (random: () => number) =>
          rankings.choose(request, { ranked: rankedHosts, named: namedHosts, rounding, random });
        const found = choiceWith(() => step.asked.draw);
        if (!found) continue;
        ranked += 1;
        const plain = choose(table, request, { ...options, random: drawing(0) });
        expect(comparable(found)).toEqual(comparable(plain));
        if (found.tied > 1) tiedChoices += 1;
        const ties = Math.min(found.tied, 12);
        const all = (draw: (place: number) => Choice | undefined, of: number) =>
          Array.from({ length: of }, (_, place) => draw(place)?.host?.address).sort();
        if (found.tied <= 12) {
          const tied = all((place) => choose(table, request, { ...options, random: drawing(place) }), ties);
          expect(all((place) => choiceWith(() => (place + 0.5) / found.tied), ties)).toEqual(tied);
          expect(found.host === undefined || tied.includes(found.host.address)).toBe(true);
        }
        // Whoever is drawn, the ranking is the same to the last bit: here the plain way draws until it has the same host.
        for (let place = 0; place < ties; place++) {
          const same = choose(table, request, { ...options, random: drawing(place) });
          if (same.host === found.host) expect(found.ranking).toEqual(same.ranking);
        }
        for (const { filter: name, hosts, examples } of found.rejections) {
          expect(new Set(examples).size).toBe(Math.min(hosts, namedHosts));
          for (const address of examples) {
            const row = Uint32Array.of(table.rowOf(address)!);
            expect(filter(table, request, options.filters, row).rejections).toMatchObject([{ filter: name }]);
          }
        }
      }
    }
  });
  fc.assert(run, { numRuns: 120 });
  expect(ranked).toBeGreaterThan(1_000);
  expect(tiedChoices).toBeGreaterThan(100);
});
