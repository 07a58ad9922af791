import { expect, test } from "vitest";
import { capacityPanel } from "./capacity-panel.ts";
import type { Host } from "./contract.ts";

const host = (address: string, more: Partial<Host> = {}): Host => ({
  ...{ manager: "volume", address, cluster: null, members: [address], status: "ready", epoch: 1 },
  ...{ measuredMsAgo: 4_000, heardMsAgo: 1_000, allocated: 3, capabilities: {}, excludedBy: [] },
  resources: { sizeGiB: { total: 1_000, free: 812.34, reserved: 0 } },
  ...more,
});

const read = (items: Host[]) =>
  capacityPanel({ address: "s-01", hosts: () => ({ items }), wallNow: () => 100_000 }).read();

test("a host is told with what is free and reserved on it, how old that is, and which scheduler knows it so", async () => {
  const resources = {
    sizeGiB: { total: 1_000, free: 802.34, reserved: 10 },
    gpu: { total: 4, free: 4, reserved: 0 },
  };
  const { rows } = await read([host("a@ssd", { resources })]);
  expect(rows).toEqual([
    {
      id: "scheduler/s-01 volume/a@ssd",
      cells: {
        ...{ host: "volume/a@ssd", status: "ready", free: "802.3 of 1000 sizeGiB, 4 of 4 gpu", reserved: "10 sizeGiB" },
        ...{ holds: 3, why: null, measured: 96_000, heard: 99_000, scheduler: "scheduler/s-01" },
      },
    },
  ]);
});

test("one that nothing can be placed on comes first and says why; a cluster is told by who speaks for it", async () => {
  const members = ["b@ssd", "a@ssd"];
  const { rows, totals } = await read([
    host("rack@ssd", { cluster: "rack", members }),
    host("c@ssd", { status: "lost", excludedBy: ["up", "measured"] }),
    host("d@ssd", { resources: {} }),
  ]);
  expect(rows.map(({ rank, cells }) => [rank, cells.host, cells.why, cells.free])).toEqual([
    [-1, "volume/c@ssd", "not heard of, not measured lately", "812.3 of 1000 sizeGiB"],
    [undefined, "volume/b@ssd", null, "812.3 of 1000 sizeGiB"],
    [undefined, "volume/d@ssd", null, ""],
  ]);
  expect(totals).toEqual([
    { id: "ready", state: "ready", count: 2 },
    { id: "lost", state: "lost", count: 1 },
  ]);
});

test("of a large fleet no more rows are made than are shown, and all hosts are counted", async () => {
  const fleet = Array.from({ length: 5_000 }, (_, n) => host(`h${n}`));
  const { rows, totals } = await read([...fleet, host("last", { status: "lost", excludedBy: ["up"] })]);
  expect([rows.length, rows[0]!.cells.host]).toEqual([200, "volume/last"]);
  expect(totals!.map(({ count }) => count)).toEqual([5_000, 1]);
});
