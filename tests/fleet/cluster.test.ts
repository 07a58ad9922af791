import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { call, contract } from "@reeve/contract";
import { fileVolumes } from "@reeve/file-volumes";
import { schedulerManager } from "@reeve/managers/scheduler";
import { volumeManager, volumes } from "@reeve/managers/volume";
import { defineManager } from "@reeve/runtime";
import { natsCluster } from "@reeve/testing";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { z } from "zod";

const bells = contract("bell", "1.0", {
  ring: call({ input: z.object({}), output: z.string(), idempotent: true }),
  whoami: call({ input: z.object({}), output: z.string() }),
});
const bellManager = defineManager({
  contract: bells,
  setup: ({ address }) => ({ operations: { ring: () => address, whoami: (_, { peer }) => peer } }),
});
const brokenManager = defineManager({
  contract: contract("broken", "1.0", { noop: call({ input: z.object({}) }) }),
  setup: () => ({
    initHost: async () => {
      throw new Error("no such luck");
    },
    operations: { noop: () => {} },
  }),
});

let place: string;
beforeEach(async () => {
  place = await mkdtemp(join(tmpdir(), "reeve-cluster-"));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(place, { recursive: true, force: true });
});

test("a volume is placed by a scheduler elsewhere, and found by somebody who hosts nothing", async () => {
  const backend = async (name: string) => {
    const root = join(place, name);
    await mkdir(root);
    return { backend: name, driver: fileVolumes({ root }) };
  };
  await using cluster = await natsCluster({
    hosts: {
      "block-01": [
        [volumeManager, await backend("ssd")],
        [volumeManager, await backend("hdd")],
      ],
      "sched-01": [schedulerManager],
    },
    capabilityInterval: "200ms",
  });
  const volume = cluster.ref(volumes);
  const made = await volume.create({ name: "db", sizeGiB: 1 });
  expect(made).toMatchObject({ status: "available", host: expect.stringMatching(/^block-01@(ssd|hdd)$/) });
  expect(await volume.extend({ id: made.id, sizeGiB: 2 })).toMatchObject({ sizeGiB: 2 });
  expect(cluster.host("sched-01").managers()).toHaveLength(1);
  const images = await readdir(join(place, made.host!.split("@")[1]!));
  expect(images.filter((name) => !name.startsWith(".reeve-"))).toHaveLength(1);
});

test("hosts come and go, and are called by name", async () => {
  await using cluster = await natsCluster({ hosts: { "tower-01": [bellManager], "tower-02": [bellManager] } });
  const bell = cluster.ref(bells);
  const answers = await bell.all().ring({});
  expect(answers.map(({ address }) => address).sort()).toEqual(["tower-01", "tower-02"]);
  expect(await bell.whoami({})).toBe("test");
  await cluster.host("tower-01").stop();
  await expect.poll(() => bell.ring({})).toBe("tower-02");
  expect(() => cluster.host("tower-03")).toThrow('expected one of tower-01, tower-02, got "tower-03"');
});

test("when the broker dies, the hosts say so, and all heals when it is back", { timeout: 20_000 }, async () => {
  await using cluster = await natsCluster({ hosts: { "tower-01": [bellManager] } });
  const bell = cluster.ref(bells);
  expect(await bell.ring({})).toBe("tower-01");
  const tower = cluster.host("tower-01");
  await cluster.server.kill();
  await tower.until("bell", "tower-01", ({ status }) => status.causes.some(({ reason }) => reason === "LINK_LOST"));
  const ringing = bell.ring({});
  await cluster.server.restart();
  expect(await ringing).toBe("tower-01");
  await tower.until("bell", "tower-01", ({ status }) => status.phase === "ready");
});

test("a host that does not start takes the others and the broker with it", async () => {
  vi.stubEnv("TMPDIR", place);
  const hosts = { "tower-01": [bellManager], "ruin-01": [brokenManager] };
  await expect(natsCluster({ hosts, restart: { maxRestarts: 0 } })).rejects.toMatchObject({ reason: "BOOT_FAILED" });
  await expect(natsCluster({ hosts: { "": [bellManager] } })).rejects.toMatchObject({ reason: "INVALID_OPTION" });
  expect(await readdir(place)).toEqual([]);
});

test("it stops once, however often it is told to", async () => {
  vi.stubEnv("TMPDIR", place);
  const cluster = await natsCluster({ hosts: { "tower-01": [bellManager] } });
  expect(await readdir(place)).toHaveLength(1);
  await Promise.all([cluster.stop(), cluster.stop()]);
  expect(cluster.server.running).toBe(false);
  expect(
    cluster
      .host("tower-01")
      .managers()
      .map(({ status }) => status.state),
  ).toEqual(["stopped"]);
  expect(await readdir(place)).toEqual([]);
});
