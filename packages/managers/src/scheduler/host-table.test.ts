import fc from "fast-check";
import { expect, test } from "vitest";
import { readCapacity } from "./capacity.ts";
import { HostState } from "./host-state.ts";
import { HostTable } from "./host-table.ts";
import { report } from "./report.fixture.ts";

const resources = fc.dictionary(fc.constantFrom("gpu", "slots", "iops"), fc.record({ free: fc.nat(9) }));
const labels = fc.dictionary(fc.constantFrom("media", "rack"), fc.constantFrom("ssd", "hdd"));
const change = fc.record({
  at: fc.nat(150),
  keep: fc.nat(3),
  ready: fc.boolean(),
  measuredAt: fc.nat(1_000),
  allocated: fc.nat(9),
  availabilityZone: fc.constantFrom("az-1", "az-2", undefined),
  resources,
  labels,
});

test("whatever comes and goes, each row's columns say what its host says", () => {
  const run = fc.property(fc.array(change, { maxLength: 600, size: "max" }), (changes) => {
    const table = new HostTable();
    const there = new Map<string, HostState>();
    for (const { at, keep, ready, measuredAt, ...capabilities } of changes) {
      const address = `h${at}`;
      const known = there.get(address);
      if (keep === 0) {
        if (known) table.delete(known.home);
        there.delete(address);
        continue;
      }
      const status = ready ? "ready" : "degraded";
      const said = report({ address, status, measuredAt, capabilities });
      const host = known ?? new HostState(said, readCapacity);
      host.receive(said, readCapacity);
      there.set(address, host);
      table.set(host);
    }
    expect(new Set(table.hosts)).toEqual(new Set(there.values()));
    const inZone = table.profiles.judge(({ availabilityZone }) => availabilityZone === "az-1");
    const onSsd = table.profiles.judge((profile) => (profile.labels as { media?: string }).media === "ssd");
    for (const [row, host] of table.hosts.entries()) {
      const { availabilityZone, labels } = host.capabilities as {
        availabilityZone?: string;
        labels: { media?: string };
      };
      expect(table.rowOf(host.address)).toBe(row);
      expect(table.sources[row]).toBe(host.source);
      expect(table.ready[row]).toBe(host.status === "ready" ? 1 : 0);
      expect(table.measuredAt[row]).toBe(host.measuredAt);
      expect(table.allocated[row]).toBe(host.allocated);
      expect(inZone[table.profile[row]!]).toBe(availabilityZone === "az-1" ? 1 : 0);
      expect(onSsd[table.profile[row]!]).toBe(labels.media === "ssd" ? 1 : 0);
      for (const resource of ["gpu", "slots", "iops"]) {
        expect(table.free(resource)?.[row] ?? 0).toBe(host.free(resource));
      }
    }
    expect(table.rowOf("nowhere")).toBeUndefined();
  });
  fc.assert(run, { numRuns: 25 });
});

test("profiles that no host has any more are forgotten", () => {
  const table = new HostTable();
  const host = new HostState(report(), readCapacity);
  for (let turn = 0; turn < 100; turn++) {
    host.receive(report({ count: turn + 2, capabilities: { labels: { turn: String(turn) } } }), readCapacity);
    table.set(host);
  }
  expect(table.profiles.judge(() => true)).toHaveLength(1);
  table.delete(host.home);
  expect([...table.profiles.judge(() => true)]).toEqual([0]);
});
