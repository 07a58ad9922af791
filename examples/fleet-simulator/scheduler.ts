// A real scheduler in a process of its own: node scheduler.ts <name> <broker> <file or URL of its database>
import { schedulerManager } from "@reeve/managers/scheduler";
import { nats } from "@reeve/nats";
import { postgres } from "@reeve/postgres";
import { createSupervisor } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import { answering } from "./child.ts";

/** What a process has used since its start. */
export interface Usage {
  readonly cpuMs: number;
  /** Objects and buffers that are in use. */
  readonly usedBytes: number;
}

const [, , host = "sched-01", servers = "nats://127.0.0.1:4222", database = "scheduler.sqlite"] = process.argv;
const supervisor = createSupervisor({
  host,
  transport: nats({ servers }),
  store: database.includes("://") ? postgres({ url: database }) : sqlite({ path: database }),
  log: { level: "silent" },
});
supervisor.spawn(schedulerManager);
supervisor.handleSignals();
await supervisor.start();
answering<"usage", Usage>(
  () => {
    globalThis.gc?.();
    const { user, system } = process.cpuUsage();
    const { heapUsed, external } = process.memoryUsage();
    return { cpuMs: (user + system) / 1_000, usedBytes: heapUsed + external };
  },
  () => supervisor.stop(),
);
