import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileVolumes } from "@reeve/file-volumes";
import { volumeManager } from "@reeve/managers/volume";
import { nats } from "@reeve/nats";
import { createSupervisor } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import { natsServer, silentLogger } from "@reeve/testing";
import { expect, onTestFinished, test, vi } from "vitest";
import { Claimant } from "../faults/claimant.ts";

vi.setConfig({ testTimeout: 120_000 });

test("a second supervisor on an image root is degraded, naming who has it, and serves when that one has stopped", async () => {
  const root = await mkdtemp(join(tmpdir(), "reeve-root-"));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  const host = (name: string) => {
    const supervisor = createSupervisor({ host: name, store: sqlite({ path: ":memory:" }), log: silentLogger });
    supervisor.spawn(volumeManager, { driver: fileVolumes({ root }) });
    onTestFinished(() => supervisor.stop());
    return supervisor;
  };
  const [first, second] = [host("block-01"), host("block-02")];
  await first.start();
  await second.start();
  expect(first.managers()).toMatchObject([{ status: { phase: "ready" } }]);
  const [{ status } = expect.fail("it has no manager")] = second.managers();
  expect(status).toMatchObject({ state: "degraded", causes: [{ reason: "DRIVER_LOST" }] });
  expect(status.causes[0]!.message).toContain(`root ${root}: held by block-01, process ${process.pid}`);
  await first.stop();
  await second.until("volume", "block-02", ({ status: { phase } }) => phase === "ready");
});

test("members of a cluster have one image root at the same time where it is shared, and nobody outside of it", async () => {
  const root = await mkdtemp(join(tmpdir(), "reeve-root-"));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  const start = async (host: string, cluster: string, shared = true) => {
    const store = sqlite({ path: ":memory:" });
    const supervisor = createSupervisor({ host, cluster, store, log: silentLogger });
    supervisor.spawn(volumeManager, { driver: fileVolumes({ root, shared }) });
    onTestFinished(() => supervisor.stop());
    await supervisor.start();
    const [{ status } = expect.fail("it has no manager")] = supervisor.managers();
    return status;
  };
  expect(await start("block-01", "rack-a")).toMatchObject({ phase: "ready" });
  expect(await start("block-02", "rack-a")).toMatchObject({ phase: "ready" });
  for (const outside of await Promise.all([start("block-03", "rack-b"), start("block-04", "rack-a", false)])) {
    expect(outside).toMatchObject({ state: "degraded", causes: [{ reason: "DRIVER_LOST" }] });
    expect(outside.causes[0]!.message).toContain(`root ${root}: held by block-01`);
  }
});

test("a process that was stopped and replaced on its own image root lets go of it when it goes on, and has it again in the end", async () => {
  const directory = await mkdtemp(join(tmpdir(), "reeve-root-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const broker = await natsServer();
  onTestFinished(() => broker.close());
  const ear = nats({ servers: broker.url });
  await ear.connect();
  onTestFinished(() => ear.close());
  const start = async (disk: string) => {
    const settings = { servers: broker.url, host: "block-01", images: join(directory, "images") };
    const claimant = await Claimant.start({ ...settings, disk: join(directory, disk) });
    onTestFinished(() => claimant[Symbol.asyncDispose]());
    return claimant;
  };
  const first = await start("first");
  await first.areAll("serving ready");
  first.signal("SIGSTOP");
  const second = await start("second");
  // The address is its own; the root is not, for as long as the other stands still.
  await vi.waitFor(() => expect(second.states).toEqual(["degraded DRIVER_LOST", "serving ready"]), { timeout: 30_000 });
  let heartbeats = 0;
  ear.subscribe("reeve.sys.alive.block-01", () => void heartbeats++);
  // For longer than others wait before they call it dead.
  await vi.waitFor(() => expect(heartbeats).toBeGreaterThanOrEqual(6), { timeout: 30_000 });
  expect(second.states).toEqual(["degraded DRIVER_LOST", "serving ready"]);
  first.signal("SIGCONT");
  await first.areAll("degraded ADDRESS_CLAIMED");
  await second.areAll("serving ready");
  await second.end("SIGTERM");
  await first.areAll("serving ready");
});
