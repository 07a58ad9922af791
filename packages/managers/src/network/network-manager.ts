import { reeveError } from "@reeve/contract";
import { networkDriver } from "@reeve/driver-sdk/network";
import { defineManager } from "@reeve/runtime";
import { Absence } from "./absence.ts";
import { attachPorts } from "./attach.ts";
import { NetworkConfig } from "./config.ts";
import { networks } from "./contract.ts";
import { Converging } from "./converge.ts";
import { detachPorts } from "./detach.ts";
import { Device } from "./device.ts";
import { forgetPorts } from "./forget.ts";
import { ipam } from "./ipam.ts";
import { networkJobs } from "./jobs.ts";
import type { SegmentKind } from "./network.ts";
import { planChanges } from "./plan.ts";
import type { SegmentStrategy } from "./segmentation.ts";
import { networkStore } from "./store.ts";

/** What a network manager does its own way. */
export interface NetworkStrategy {
  readonly kind: SegmentKind;
  readonly segmentation: SegmentStrategy;
}

/** A driver may put many calls into one message to its device; one that may not queues them itself. */
const limits = { maxInFlight: 256, driver: { maxConcurrent: 256 } } as const;

/**
 * The manager that all kinds of networks share: networks, subnets, addresses and ports in the store that network managers have in
 * common, and the ports that are attached to its own device. A device is one manager's: two that are given one count the last port
 * of a network each without the other's, and tell the other's ports as foreign. Which network gets which segment is its strategy's.
 *
 * @throws ReeveError `INVALID_OPTION` at the start when the driver lacks what the strategy needs
 */
export function networkManager({ kind, segmentation }: NetworkStrategy) {
  return defineManager({
    contract: networks,
    driver: networkDriver,
    store: networkStore,
    config: NetworkConfig,
    jobs: networkJobs,
    limits,
    setup(handles) {
      const { store, driver, address } = handles;
      if (kind === "vlan" && !driver.vlans)
        throw reeveError(
          "INVALID_OPTION",
          `${address}: driver: lacks the ability vlans, which networks of kind vlan need`,
        );
      const device = new Device(handles);
      const converging = new Converging(handles, device);
      const absence = new Absence(() => driver.healthy);
      const attached = attachPorts(handles, kind, device);
      const detached = detachPorts(handles, device, converging.repairs);
      return {
        initHost: async ({ signal }) => {
          await converging.run(signal);
        },
        isWorking: () => driver.healthy,
        reset: async ({ signal, log }) => {
          if (driver.healthy)
            await converging.run(signal).catch((err) => log.warn({ err }, "the device could not be compared"));
        },
        inspect: async () => ({
          converged: converging.last,
          unsavedChanges: driver.healthy ? await driver.persist?.unsaved() : undefined,
        }),
        /** A port that is nowhere is anybody's. */
        owner: async (input) =>
          "host" in input ? input.host : ((await store.find("attachments", input.portId))?.host ?? address),
        whenOwnerGone:
          "check host: no manager lives there; if its manager is down, start it; if it is gone for good, an operator forgets where the port was with forget({ portId, reason })",
        operations: {
          ...ipam(handles, segmentation(handles)),
          ...attached.operations,
          ...detached.operations,
          ...planChanges(handles, kind),
          ...forgetPorts(handles, device, converging),
          rescan: (_input, { signal }) => converging.run(signal),
        },
        recover: {
          ...attached.recover,
          ...detached.recover,
          "port.repairing": converging.repairs.recover,
        },
        periodic: {
          converge: {
            every: "30s",
            jitter: "5s",
            enabled: () => driver.healthy,
            run: ({ signal }) => converging.run(signal),
          },
          /** Where a device has come back, nobody waits for the next comparison. */
          compareReturned: {
            every: "500ms",
            enabled: () => absence.isOver,
            run: async ({ signal }) => {
              await converging.run(signal);
              absence.compared();
            },
          },
        },
      };
    },
  });
}
