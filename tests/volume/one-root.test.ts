import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileVolumes } from "@reeve/file-volumes";
import { volumeManager } from "@reeve/managers/volume";
import { createSupervisor, silentLogger } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import { expect, onTestFinished, test, vi } from "vitest";

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
