import { schedulerManager } from "@reeve/managers/scheduler";
import { nats } from "@reeve/nats";
import { postgres } from "@reeve/postgres";
import { createSupervisor } from "@reeve/runtime";

// A scheduler in a process of its own: it says that it is ready, and then, when asked, what processor time it has taken.
const [, , host, namespace, servers, url] = process.argv as string[];
const supervisor = createSupervisor({
  host: host!,
  namespace: namespace!,
  transport: nats({ servers: servers! }),
  store: postgres({ url: url! }),
  log: { level: "silent" },
});
supervisor.spawn(schedulerManager);
await supervisor.start();
process.on("message", () => {
  const { user, system } = process.cpuUsage();
  process.send!({ cpuUs: user + system });
});
process.on("disconnect", () => void supervisor.stop().then(() => process.exit()));
process.send!("ready");
