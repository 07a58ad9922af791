import { scheduler } from "@reeve/managers/scheduler";
import { volumes } from "@reeve/managers/volume";
import { permissions } from "@reeve/nats";

export const backends = ["ssd", "hdd", "archive"] as const;

/** What each process may do at the broker, and whose word the hosts take on whose behalf they are called. */
export const rules = permissions({
  processes: [
    { caller: "block-01", serves: [{ contract: volumes, backends }], calls: [scheduler, volumes] },
    { caller: "sched-01", serves: [scheduler], schedules: true },
    { caller: "ops-01", inspects: true },
    { caller: "cli", calls: [volumes, { contract: scheduler, operations: ["hosts"] }] },
  ],
});
