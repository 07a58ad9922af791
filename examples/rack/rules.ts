import { scheduler } from "@reeve/managers/scheduler";
import { volumes } from "@reeve/managers/volume";
import { permissions } from "@reeve/nats";
import { boards } from "./board.ts";

/** Whose disks fail together: those two have one directory as well. */
export const cluster = "rack-a";
export const members = ["block-01", "block-02"] as const;
export const storageHosts = [...members, "block-03"] as const;
export const schedulerHosts = ["sched-01", "sched-02"] as const;
export const callers = ["cli-01", "cli-02"] as const;

/** Holds no manager: it serves the page, and so outlives whatever is killed. */
export const pageHost = "ops-01";

export type StorageHost = (typeof storageHosts)[number];
export type SchedulerHost = (typeof schedulerHosts)[number];
export type CallerName = (typeof callers)[number];

/** What each process may do at the broker, and whose word the hosts take on whose behalf they are called. */
export const rules = permissions({
  processes: [
    {
      caller: [...members],
      cluster,
      serves: [{ contract: volumes, backends: ["ssd", "nas"] }, boards],
      calls: [scheduler, volumes, boards],
    },
    {
      caller: "block-03",
      serves: [{ contract: volumes, backends: ["ssd"] }, boards],
      calls: [scheduler, volumes, boards],
    },
    { caller: [...schedulerHosts], serves: [scheduler], schedules: true },
    { caller: pageHost, inspects: true },
    { caller: [...callers], calls: [volumes, boards, { contract: scheduler, operations: ["hosts"] }] },
  ],
});
