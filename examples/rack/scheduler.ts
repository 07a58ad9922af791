// One of two schedulers. Their reservations are rows of the same table.
import { schedulerManager } from "@reeve/managers/scheduler";
import { settings } from "./settings.ts";
import { startHost } from "./start-host.ts";

await startHost(settings(), { spawn: (supervisor) => void supervisor.spawn(schedulerManager) });
