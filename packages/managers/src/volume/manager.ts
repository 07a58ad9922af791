import { volumeDriver } from "@reeve/driver-sdk/volume";
import { defineManager } from "@reeve/runtime";
import { PlacementConfirmations, settleOrphans } from "../resource/index.ts";
import { build } from "./build.ts";
import { VolumeCapabilities } from "./capabilities.ts";
import { CapacityReport } from "./capacity-report.ts";
import { clones } from "./clone.ts";
import { VolumeConfig } from "./config.ts";
import { connections } from "./connect.ts";
import { volumes } from "./contract.ts";
import { createVolumes } from "./create.ts";
import { VolumeCreation } from "./creation.ts";
import { carryOutDeferred } from "./deferred.ts";
import { deleteVolumes } from "./delete.ts";
import { exports } from "./export.ts";
import { extendVolumes } from "./extend.ts";
import { forgetting } from "./forget.ts";
import type { VolumeRunner } from "./handles.ts";
import { homeOf, joinCluster } from "./home.ts";
import { imports } from "./import.ts";
import { volumeJobs } from "./jobs.ts";
import { leftoversHere } from "./leftovers.ts";
import { lists } from "./lists.ts";
import { lostHosts } from "./lost-hosts.ts";
import { removePartialExports } from "./partial-exports.ts";
import { type Reconciliation, reconcileUsage } from "./reconcile-usage.ts";
import { Reconnection } from "./reconnect.ts";
import { snapshots } from "./snapshots.ts";
import { volumeStore } from "./store.ts";
import { volumePanel } from "./volume-panel.ts";

/**
 * The volume manager: answers for the volumes of one backend. Give it a driver of the port `volume` and, where tenants
 * share it, a configuration; a scheduler must run for `create`.
 */
export const volumeManager = defineManager({
  contract: volumes,
  driver: volumeDriver,
  store: volumeStore,
  capabilities: VolumeCapabilities,
  config: VolumeConfig,
  jobs: volumeJobs,
  setup(handles) {
    const { store, work, driver } = handles;
    const placed = new PlacementConfirmations(handles, "volumes");
    const report = new CapacityReport(handles, () => placed.unconfirmed);
    const lost = lostHosts(handles);
    const runner: VolumeRunner = {
      async run(job, effect) {
        try {
          return await work.run(job, effect);
        } finally {
          // What is placed here has its room reserved; other changes are told before they are answered, whatever came of them.
          if (job.kind !== "volume.creating") await report.told();
        }
      },
    };
    const creation = new VolumeCreation(handles, runner);
    const created = createVolumes(handles, lost);
    const deleted = deleteVolumes(handles, runner, placed);
    const extended = extendVolumes(handles, runner);
    const frozen = snapshots(handles, runner);
    const cloned = clones(handles, creation);
    const imported = imports(handles, creation);
    const exported = exports(handles, runner);
    const reconnection = new Reconnection(handles);
    let lastReconciliation: Reconciliation | undefined;

    async function reconcileNow(signal: AbortSignal): Promise<Reconciliation> {
      lastReconciliation = await reconcileUsage(handles, { reconnection, creation }, signal);
      report.changed();
      return lastReconciliation;
    }

    return {
      async initHost({ signal }) {
        await joinCluster(handles);
        await removePartialExports(handles);
        await reconcileNow(signal);
        await reconnection.start(signal);
      },
      isWorking: () => {
        reconnection.requireDone();
        return driver.healthy;
      },
      // What is told anew after a reset is to be what was configured anew.
      reset: async ({ log }) => {
        if (driver.healthy)
          await report.update().catch((err) => log.warn({ err }, "the capacity could not be measured"));
      },
      inspect: () => ({ reconciliation: lastReconciliation }),
      panels: [volumePanel(handles)],
      /** A volume that no host holds is anybody's. */
      owner: async ({ id }) => (await store.get("volumes", id)).host ?? homeOf(handles),
      whenOwnerGone:
        "start its manager; if it is gone for good, an operator forgets the volume with forget({ id, reason })",
      operations: {
        ...created.operations,
        ...build(handles, creation, placed, report),
        ...lists(handles),
        ...deleted.operations,
        ...extended.operations,
        ...frozen.operations,
        ...cloned.operations,
        ...imported.operations,
        ...exported.operations,
        ...connections(handles, reconnection),
        ...forgetting(handles, () => report.changed()),
        rescan: (_input, { signal }) => reconcileNow(signal),
      },
      recover: {
        "volume.creating": (job, ctx) => {
          placed.accepted(job.resource);
          return creation.recover(job, ctx);
        },
        ...created.recover,
        ...deleted.recover,
        ...extended.recover,
        ...frozen.recover,
        ...cloned.recover,
        ...imported.recover,
        ...exported.recover,
      },
      periodic: {
        deferredDeletions: {
          every: "60s",
          immediately: true,
          enabled: () => driver.healthy,
          run: (ctx) =>
            carryOutDeferred(handles, { volume: deleted.deferred, snapshot: (_, row) => frozen.deferred(row) }, ctx),
        },
        settleOrphans: {
          every: "10s",
          run: (ctx) => settleOrphans(handles, "volumes", ctx, lost(ctx)),
        },
        removeLeftovers: {
          every: "10s",
          scope: "cluster",
          enabled: () => driver.healthy,
          // One that was only cut off has built in vain, and does not start anew for that.
          run: async ({ signal }) => {
            if ((await leftoversHere(handles)).length > 0) await reconcileNow(signal);
          },
        },
        reportStats: { every: "60s", immediately: true, run: () => report.update() },
        reportChanges: { every: "5s", enabled: () => report.stale, run: () => report.changed() },
        confirmPlaces: { every: "5s", enabled: () => placed.waiting, run: (ctx) => placed.retry(ctx) },
        reconnect: {
          every: "2s",
          jitter: "1s",
          enabled: () => driver.healthy && reconnection.due,
          run: ({ signal }) => reconnection.again(signal),
        },
        reconcileUsage: {
          every: "15m",
          scope: "cluster",
          jitter: "1m",
          enabled: () => driver.healthy,
          run: ({ signal }) => reconcileNow(signal),
        },
      },
    };
  },
});
