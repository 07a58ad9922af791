import { call, contract, isError } from "@reeve/contract";
import { createSupervisor, defineManager, inProcess, type Supervisor } from "@reeve/runtime";
import type { Measurement } from "@reeve/runtime/capability";
import { sqlite } from "@reeve/runtime/sqlite";
import { expect, onTestFinished, test, vi } from "vitest";
import { z } from "zod";
import { scheduler } from "./contract.ts";
import { createSchedulerManager, schedulerManager } from "./manager.ts";
import { storage } from "./report.fixture.ts";

const disks = contract("disk", "1.0", {
  fill: call({ route: "address", input: z.object({ usedGiB: z.number() }), output: z.custom<Measurement>() }),
  measure: call({ route: "address", input: z.object({}) }),
});

/** A backend of 100 GiB whose measurements the test makes. */
const diskManager = defineManager({
  contract: disks,
  capabilities: z.looseObject({}),
  setup({ capabilities }) {
    let usedGiB = 0;
    const measure = () => capabilities.update(storage(100, usedGiB));
    return {
      initHostWithRpc: () => measure(),
      operations: {
        fill(input) {
          usedGiB = input.usedGiB;
          return capabilities.visibleFrom();
        },
        measure,
      },
    };
  },
});

function host(name: string, hub = inProcess()): Supervisor {
  const supervisor = createSupervisor({
    host: name,
    transport: hub.client({ caller: name }),
    store: sqlite({ path: ":memory:" }),
    log: { level: "silent" },
    capabilityInterval: "50ms",
  });
  onTestFinished(() => supervisor.stop());
  return supervisor;
}

const volume = (request: string, sizeGiB: number) => ({ manager: "disk", request, needs: { sizeGiB } });

async function started(...backends: string[]) {
  const supervisor = host("block-01");
  supervisor.spawn(schedulerManager);
  for (const backend of backends) supervisor.spawn(diskManager, { backend });
  await supervisor.start();
  return { supervisor, schedulers: supervisor.ref(scheduler), disks: supervisor.ref(disks) };
}

test("a request gets the address of a host that reported, and its reservation stands until the reports show it", async () => {
  const { schedulers, disks } = await started("a");
  const address = await schedulers.place(volume("v1", 60));
  expect(address).toBe("block-01@a");
  const free = async () => (await schedulers.hosts({})).items[0]?.resources.sizeGiB?.free;
  expect(await free()).toBe(40);
  const visibleFrom = await disks.at(address).fill({ usedGiB: 60 });
  expect(await schedulers.confirm({ request: "v1", visibleFrom })).toEqual({ held: true });
  await disks.at(address).measure({});
  await disks.at(address).measure({});
  const reserved = async () => (await schedulers.hosts({})).items[0]?.resources.sizeGiB?.reserved;
  await vi.waitFor(async () => expect(await reserved()).toBe(0), { timeout: 10_000 });
  expect(await free()).toBe(40);
});

test("a request waits for a host that starts after it", async () => {
  const supervisor = host("block-01");
  supervisor.spawn(schedulerManager);
  await supervisor.start();
  const placing = supervisor.ref(scheduler).place(volume("v1", 60));
  supervisor.spawn(diskManager, { backend: "late" });
  expect(await placing).toBe("block-01@late");
});

test("placements that wait keep nobody else waiting, and are answered before their deadline", async () => {
  const { schedulers } = await started();
  const waiting = Array.from({ length: 200 }, (_, index) =>
    schedulers.place(volume(`v${index}`, 1), { timeout: "4s" }),
  );
  const settled = Promise.allSettled(waiting);
  expect(await schedulers.hosts({})).toEqual({ items: [] });
  expect(await schedulers.release({ request: "v1" })).toEqual({ held: false });
  const reasons = (await settled).map((result) => (result.status === "rejected" ? result.reason.reason : "placed"));
  expect(new Set(reasons)).toEqual(new Set(["NO_NEWS"]));
});

test("when no host fits, the error says how many were considered and what turned them away", async () => {
  const { schedulers } = await started("a", "b");
  const refused = await schedulers.place(volume("v1", 101)).catch((error: unknown) => error);
  if (!isError(refused, scheduler, "place", "NO_HOST")) throw refused;
  expect(refused.code).toBe("RESOURCE_EXHAUSTED");
  expect(refused.data.considered).toBe(2);
  expect(refused.data.rejections).toMatchObject([{ filter: "capacity", hosts: 2 }]);
  expect(await schedulers.explain({ request: "v1" })).toMatchObject({ address: null, candidates: 0 });
});

test("what was asked for otherwise, and what was never asked for, are declared errors", async () => {
  const { schedulers } = await started("a");
  await schedulers.place(volume("v1", 10));
  const reused = await schedulers.place(volume("v1", 11)).catch((error: unknown) => error);
  if (!isError(reused, scheduler, "place", "REQUEST_REUSED")) throw reused;
  expect(reused.data).toEqual({ request: "v1", address: "block-01@a" });
  const unknown = await schedulers.explain({ request: "v9" }).catch((error: unknown) => error);
  expect(isError(unknown, scheduler, "explain", "UNKNOWN_PLACEMENT")).toBe(true);
});

test("two schedulers of one store never promise the same capacity twice", async () => {
  const supervisor = host("block-01");
  for (const backend of ["one", "two"]) supervisor.spawn(schedulerManager, { backend });
  for (const backend of ["a", "b"]) supervisor.spawn(diskManager, { backend });
  await supervisor.start();
  const both = ["one", "two"].map((backend) => supervisor.ref(scheduler).at(`block-01@${backend}`));
  const placing = Array.from({ length: 60 }, (_, index) =>
    both[index % 2]!.place(volume(`v${index}`, 7)).then(
      (address) => address,
      (error: { reason: string }) => error.reason,
    ),
  );
  const outcomes = Map.groupBy(await Promise.all(placing), (outcome) => outcome);
  const counts = Object.fromEntries([...outcomes].map(([outcome, { length }]) => [outcome, length]));
  expect(counts).toEqual({ "block-01@a": 14, "block-01@b": 14, NO_HOST: 32 });
});

test("hosts of other supervisors are placed on, and one that stops is not any more", async () => {
  const hub = inProcess();
  const [control, block] = [host("control-01", hub), host("block-01", hub)];
  block.spawn(diskManager, { backend: "a" });
  await block.start();
  control.spawn(createSchedulerManager({ reportTimeout: "100ms" }));
  await control.start();
  const schedulers = control.ref(scheduler);
  expect(await schedulers.place(volume("v1", 10))).toBe("block-01@a");
  await block.stop();
  await vi.waitFor(async () => expect((await schedulers.hosts({})).items).toEqual([]), { timeout: 10_000 });
  const refused = await schedulers.place(volume("v2", 10)).catch((error: unknown) => error);
  if (!isError(refused, scheduler, "place", "NO_NEWS")) throw refused;
  expect(refused).toMatchObject({ code: "UNAVAILABLE", retryable: true, data: { considered: 0, hosts: [] } });
});

test("a request that comes while the only host restarts waits for its news and is placed", async () => {
  const { supervisor, schedulers } = await started("a");
  expect(await schedulers.place(volume("v1", 10))).toBe("block-01@a");
  for (let round = 2; round < 6; round++) {
    supervisor.kill("disk", "block-01@a");
    expect(await schedulers.place(volume(`v${round}`, 10))).toBe("block-01@a");
  }
});

test("a scheduler's own filters and weighers have their say", async () => {
  const supervisor = host("block-01");
  const own = createSchedulerManager({
    filters: [{ name: "not-b", accepts: ({ address }) => address !== "block-01@b" }],
    weighers: [{ name: "last", multiplier: 10, weigh: ({ address }) => address.charCodeAt(address.length - 1) }],
  });
  supervisor.spawn(own);
  for (const backend of ["a", "b", "c", "d"]) supervisor.spawn(diskManager, { backend });
  await supervisor.start();
  const schedulers = supervisor.ref(scheduler);
  expect(await schedulers.place(volume("v1", 10))).toBe("block-01@d");
  expect(await schedulers.explain({ request: "v1" })).toMatchObject({
    considered: 4,
    rejections: [{ filter: "not-b", hosts: 1, examples: ["block-01@b"] }],
    ranking: [{ address: "block-01@d" }, { address: "block-01@c" }, { address: "block-01@a" }],
  });
  expect((await schedulers.hosts({ filter: { eligible: false } })).items).toMatchObject([
    { address: "block-01@b", excludedBy: ["not-b"] },
  ]);
});

const good = { manager: "disk", request: "v1" };

test.each([
  ["no manager", { request: "v1" }, "manager"],
  ["an empty request", { ...good, request: "" }, "request"],
  ["a request without end", { ...good, request: "v".repeat(129) }, "request"],
  ["a negative need", { ...good, needs: { sizeGiB: -1 } }, "needs.sizeGiB"],
  ["a need of nothing", { ...good, needs: { sizeGiB: 0 } }, "needs.sizeGiB"],
  ["a need other than a number", { ...good, needs: { sizeGiB: Number.NaN } }, "needs.sizeGiB"],
  ["an endless need", { ...good, needs: { sizeGiB: Number.POSITIVE_INFINITY } }, "needs.sizeGiB"],
  ["a need in text", { ...good, needs: { sizeGiB: "10" } }, "needs.sizeGiB"],
  ["labels other than text", { ...good, labels: { media: 7 } }, "labels.media"],
  ["an unknown condition", { ...good, requires: { tier: { atleast: 5 } } }, "requires.tier"],
  ["a zone other than text", { ...good, availabilityZone: 7 }, "availabilityZone"],
  ["exclusions other than a list", { ...good, exclude: "block-01" }, "exclude"],
  ["too many exclusions", { ...good, exclude: Array.from({ length: 10_001 }, () => "a") }, "exclude"],
  ["a hold of no time", { ...good, holdMs: 0 }, "holdMs"],
  ["a hold without end", { ...good, holdMs: 8 * 86_400_000 }, "holdMs"],
  ["a field that is misspelt", { ...good, lables: { media: "ssd" } }, '"lables"'],
])("%s is refused, naming it", async (_, input, field) => {
  const { schedulers } = await started();
  await expect(schedulers.place(input as never)).rejects.toMatchObject({
    reason: "INVALID_INPUT",
    message: expect.stringContaining(field),
  });
});

test("misspelt fields of the other operations are refused, naming them, and nested ones with where they are", async () => {
  const { schedulers } = await started();
  const refused = (field: string) => ({ reason: "INVALID_INPUT", message: expect.stringContaining(field) });
  const visibleFrom = { epoch: 1, count: 1 };
  await expect(schedulers.confirm({ request: "v1", visibleFrom, reqest: "v1" } as never)).rejects.toMatchObject(
    refused('"reqest"'),
  );
  await expect(schedulers.release({ request: "v1", adress: "a" } as never)).rejects.toMatchObject(refused('"adress"'));
  await expect(schedulers.explain({ request: "v1", manger: "disk" } as never)).rejects.toMatchObject(
    refused('"manger"'),
  );
  await expect(schedulers.hosts({ filter: { manger: "disk" } } as never)).rejects.toMatchObject({
    ...refused('"manger"'),
    data: { issues: [{ path: "filter" }] },
  });
});

test("what a host's newer runtime says of a measurement does not keep it from being confirmed", async () => {
  const { schedulers } = await started();
  const visibleFrom = { epoch: 1, count: 1, measuredBy: "a newer runtime" };
  expect(await schedulers.confirm({ request: "v1", visibleFrom })).toEqual({ held: false });
});
