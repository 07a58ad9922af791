import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileVolumes } from "@reeve/file-volumes";
import { schedulerManager } from "@reeve/managers/scheduler";
import { volumeManager, volumes } from "@reeve/managers/volume";
import { postgres } from "@reeve/postgres";
import { createSupervisor, inProcess } from "@reeve/runtime";
import { hosts } from "@reeve/runtime/host";
import { postgresServer, silentLogger } from "@reeve/testing";
import { expect, onTestFinished, test, vi } from "vitest";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

test("on a PostgreSQL that hosts share, each tells of the volumes that it holds, with how many there are", async () => {
  const server = await postgresServer();
  const directory = mkdtempSync(join(tmpdir(), "reeve-panel-"));
  const url = await server.createDatabase();
  const hub = inProcess();
  const supervisors = ["a", "b"].map((host) => {
    const root = join(directory, host);
    mkdirSync(root);
    const supervisor = createSupervisor({
      ...{ host, transport: hub.client({ caller: host }), trustedForwarders: ["*"], log: silentLogger },
      ...{ store: postgres({ url }), capabilityInterval: "100ms" },
    });
    supervisor.spawn(schedulerManager);
    supervisor.spawn(volumeManager, { backend: "ssd", driver: fileVolumes({ root }) });
    return supervisor;
  });
  onTestFinished(async () => {
    await Promise.all(supervisors.map((supervisor) => supervisor.stop()));
    await server.close();
    rmSync(directory, { recursive: true, force: true });
  });
  await Promise.all(supervisors.map((supervisor) => supervisor.start()));
  const [one] = supervisors;
  const made = new Map<string, string[]>([
    ["a@ssd", []],
    ["b@ssd", []],
  ]);
  for (const name of ["v1", "v2", "v3"]) {
    const { host } = await one!.ref(volumes).create({ name, sizeGiB: 1 / 1024 });
    made.get(host!)!.push(name);
  }
  for (const [index, host] of ["a", "b"].entries()) {
    const manager = `volume/${host}@ssd`;
    const { panels } = await supervisors[index]!.ref(hosts).at(host).describe({ manager });
    const { rows, totals = [] } = panels.find(({ id }) => id === "volumes")!;
    const held = made.get(`${host}@ssd`)!;
    expect(rows.map(({ cells }) => [cells.name, cells.status, cells.manager])).toEqual(
      held.toReversed().map((name) => [name, "available", manager]),
    );
    expect(totals.map(({ state, count }) => [state, count])).toEqual(
      held.length > 0 ? [["available", held.length]] : [],
    );
  }
});
