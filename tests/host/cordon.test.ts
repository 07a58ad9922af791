import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { call, contract } from "@reeve/contract";
import { scheduler, schedulerManager } from "@reeve/managers/scheduler";
import { createSupervisor, defineManager, type StoreBackend, type Supervisor } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import { silentLogger } from "@reeve/testing";
import { describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { type Net, nets } from "../kit/nets.ts";
import { operator, summaryOf } from "./hall.ts";

const disks = contract("disk", "1.0", { look: call({ input: z.object({}) }) });
const diskManager = defineManager({
  contract: disks,
  capabilities: z.looseObject({}),
  setup: ({ capabilities }) => ({
    initHost: () => capabilities.update({ resources: { sizeGiB: { total: 1_000, available: 1_000 } } }),
    operations: { look: () => {} },
  }),
});
const cordoned = "disk/block-01@a";

async function host(net: Net, name: string, spawn: (supervisor: Supervisor) => void, store?: StoreBackend) {
  const supervisor = createSupervisor({
    ...{ host: name, transport: net.transport(name), store: store ?? sqlite({ path: ":memory:" }) },
    ...{ log: silentLogger, capabilityInterval: "50ms", trustedForwarders: ["web"], remoteOperators: true },
    restart: { initialBackoff: 1 },
  });
  spawn(supervisor);
  onTestFinished(() => supervisor.stop());
  await supervisor.start();
  return supervisor;
}

/** Where so many things are placed. */
async function placed(schedulers: Supervisor, prefix: string): Promise<readonly string[]> {
  const addresses = new Set<string>();
  for (let index = 0; index < 12; index++) {
    addresses.add(await schedulers.ref(scheduler).place({ manager: "disk", request: `${prefix}-${index}`, needs: {} }));
  }
  return [...addresses].sort();
}

async function statusAt(schedulers: Supervisor, address: string) {
  const { items } = await schedulers.ref(scheduler).hosts({});
  const found = items.find((one) => one.address === address);
  return [found?.status, found?.excludedBy];
}

describe.each(nets)("a cordoned manager %s", (_, open) => {
  test("gets nothing placed on it, answers calls, stays cordoned when it is started anew, and is placed on when that is over", async () => {
    await using net = await open();
    const schedulers = await host(net, "sched-01", (supervisor) => supervisor.spawn(schedulerManager));
    await host(net, "block-01", (supervisor) => supervisor.spawn(diskManager, { backend: "a" }));
    await host(net, "block-02", (supervisor) => supervisor.spawn(diskManager, { backend: "a" }));
    const one = await operator(net, "block-01", ["admin"]);
    for (const address of ["block-01@a", "block-02@a"])
      await expect.poll(() => statusAt(schedulers, address)).toEqual(["ready", []]);
    expect(await placed(schedulers, "before")).toEqual(["block-01@a", "block-02@a"]);

    const cordon = { reason: "its disk is replaced", by: "ada", at: expect.any(Number) };
    expect(await one.cordon({ manager: cordoned, reason: "its disk is replaced" })).toEqual(cordon);
    expect(await summaryOf(one, cordoned)).toMatchObject({ state: "serving", cordon });
    await expect.poll(() => statusAt(schedulers, "block-01@a")).toEqual(["cordoned", ["ready"]]);
    expect(await placed(schedulers, "cordoned")).toEqual(["block-02@a"]);
    await schedulers.ref(disks).at("block-01@a").look({});

    await one.restart({ manager: cordoned });
    await one.kill({ manager: cordoned });
    await expect.poll(async () => (await summaryOf(one, cordoned))?.epoch).toBe(3);
    await expect.poll(() => statusAt(schedulers, "block-01@a")).toEqual(["cordoned", ["ready"]]);
    expect(await placed(schedulers, "restarted")).toEqual(["block-02@a"]);

    await one.uncordon({ manager: cordoned });
    expect(await summaryOf(one, cordoned)).toMatchObject({ cordon: null });
    await expect.poll(() => statusAt(schedulers, "block-01@a")).toEqual(["ready", []]);
    // It has the least by now.
    expect(await placed(schedulers, "after")).toContain("block-01@a");
  });

  test("stays so when its process is started anew on the same store", async () => {
    await using net = await open();
    const directory = mkdtempSync(join(tmpdir(), "reeve-cordon-"));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    const store = () => sqlite({ path: join(directory, "store.sqlite") });
    const schedulers = await host(net, "sched-01", (supervisor) => supervisor.spawn(schedulerManager));
    const spawn = (supervisor: Supervisor) => supervisor.spawn(diskManager, { backend: "a" });
    const first = await host(net, "block-01", spawn, store());
    await (await operator(net, "block-01", ["operator"])).cordon({ manager: cordoned, reason: "first" });
    await (await operator(net, "block-01", ["operator"])).cordon({ manager: cordoned, reason: "second" });
    await first.stop();
    const second = await host(net, "block-01", spawn, store());
    const one = await operator(net, "block-01", ["operator"]);
    expect(await summaryOf(one, cordoned)).toMatchObject({ cordon: { reason: "second", by: "ada" } });
    await expect.poll(() => statusAt(schedulers, "block-01@a")).toEqual(["cordoned", ["ready"]]);
    await one.uncordon({ manager: cordoned });
    await second.stop();
    await host(net, "block-01", spawn, store());
    expect(await summaryOf(await operator(net, "block-01", ["viewer"]), cordoned)).toMatchObject({ cordon: null });
    await expect.poll(() => statusAt(schedulers, "block-01@a")).toEqual(["ready", []]);
  });

  test("is one of its host, and has a reason", async () => {
    await using net = await open();
    await host(net, "block-01", (supervisor) => supervisor.spawn(diskManager, { backend: "a" }));
    const one = await operator(net, "block-01", ["operator"]);
    await expect(one.cordon({ manager: cordoned, reason: " " })).rejects.toMatchObject({ reason: "INVALID_INPUT" });
    await expect(one.cordon({ manager: "disk/block-02@a", reason: "x" })).rejects.toMatchObject({
      reason: "NO_SUCH_MANAGER",
    });
  });
});
