import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { call, contract } from "@reeve/contract";
import { createSupervisor, defineManager, inProcess, type SpawnOptions } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import { sharedStore, silentLogger } from "@reeve/testing";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";

const Id = z.object({ id: z.string() });
const bells = contract("bell", "1.0", {
  hang: call({ route: "address", input: Id, output: z.string() }),
  ring: call({ route: "owner", input: Id, output: z.string() }),
});

/** Hosts of one process on one store, each with the same bell manager. */
function village() {
  const hub = inProcess();
  const place = mkdtempSync(join(tmpdir(), "reeve-village-"));
  onTestFinished(() => rmSync(place, { recursive: true }));
  const store = sharedStore(sqlite({ path: join(place, "village.sqlite") }));
  /** The owner of each bell, as a shared table would have it. */
  const owners = new Map<string, string>();
  const added: string[] = [];
  const bellManager = defineManager({
    contract: bells,
    setup: ({ address, cluster }) => ({
      initHost: (_, { addedToCluster }) => void added.push(`${address} ${cluster} ${addedToCluster}`),
      owner: ({ id }) => owners.get(id) ?? null,
      operations: {
        hang: ({ id }) => {
          owners.set(id, cluster ?? address);
          return address;
        },
        ring: () => address,
      },
    }),
  });
  const host = (name: string, cluster?: string, options: SpawnOptions = {}) => {
    const transport = hub.client({ caller: name });
    const supervisor = createSupervisor({ host: name, cluster, transport, store, log: silentLogger });
    onTestFinished(() => supervisor.stop());
    supervisor.spawn(bellManager, options);
    return supervisor;
  };
  return { host, added };
}

test("the address of a cluster reaches any member, and what it owns each member serves, from anywhere", async () => {
  const { host } = village();
  const [a, b, out] = [
    host("tower-01", "abbey", { backend: "east" }),
    host("tower-02", "abbey", { backend: "east" }),
    host("barn", undefined),
  ];
  for (const supervisor of [a, b, out]) await supervisor.start();
  const bell = out.ref(bells);
  const members = new Set(["tower-01@east", "tower-02@east"]);
  await expect.poll(async () => members.has(await bell.at("abbey@east").hang({ id: "tom" }))).toBe(true);
  const rung = new Set<string>();
  await expect
    .poll(async () => {
      rung.add(await bell.ring({ id: "tom" }));
      return rung;
    })
    .toEqual(members);
  // Whoever stops is not waited for.
  await a.stop();
  await expect.poll(() => bell.ring({ id: "tom" })).toBe("tower-02@east");
});

test("initHost hears once that its address has joined the cluster: when it is new there, or had none", async () => {
  const { host, added } = village();
  for (const [name, cluster, options] of [
    ["tower-01", "abbey", {}],
    ["tower-01", "abbey", {}],
    ["tower-02", undefined, {}],
    ["tower-02", "abbey", {}],
    ["tower-02", "abbey", {}],
    ["tower-03", "abbey", { backend: "east" }],
    ["tower-04", "abbey", { cluster: false }],
  ] as const) {
    const supervisor = host(name, cluster, options);
    await supervisor.start();
    await supervisor.stop();
  }
  expect(added).toEqual([
    "tower-01 abbey true",
    "tower-01 abbey false",
    "tower-02 undefined false",
    "tower-02 abbey true",
    "tower-02 abbey false",
    "tower-03@east abbey@east true",
    "tower-04 undefined false",
  ]);
});

test("a changed cluster is refused at start: record and subscription would disagree", async () => {
  const { host } = village();
  const before = host("tower-01", "abbey");
  await before.start();
  await before.stop();
  await expect(host("tower-01", "minster").start()).rejects.toMatchObject({
    reason: "BOOT_FAILED",
    cause: { message: expect.stringContaining('belongs to cluster "abbey", but it is configured with "minster"') },
  });
});

test("a host is not called as a cluster is, nor the other way round", async () => {
  const { host } = village();
  expect(() => createSupervisor({ host: "abbey", cluster: "abbey" })).toThrow(
    'createSupervisor: cluster: expected another name than the host\'s, got "abbey"',
  );
  await host("tower-01", "abbey").start();
  await expect(host("abbey").start()).rejects.toMatchObject({
    message: 'host: "abbey" is the name of a cluster; give the host another',
  });
  await expect(host("tower-02", "tower-01").start()).rejects.toMatchObject({
    message: 'cluster: "tower-01" is the name of a host; give the cluster another',
  });
});

test("spawn takes no cluster of its own, only that there is none", () => {
  const { host } = village();
  expect(() => host("tower-01", "abbey", { cluster: "minster" as never })).toThrow(
    'spawn bell: cluster: expected false or nothing, got "minster"',
  );
});
