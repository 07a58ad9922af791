import { nats } from "@reeve/nats";
import { createSupervisor, defineManager } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import { z } from "zod";
import { jobs } from "./jobs.fixture.ts";

// A process that starts before its broker. It writes a line for everything that happens to it.
const [servers = ""] = process.argv.slice(2);
const say = (line: string) => process.stdout.write(`${line}\n`);
let reads = 0;

const manager = defineManager({
  contract: jobs,
  config: z.object({ reads: z.number() }),
  setup: ({ config }) => ({
    reset: () => void say(`reset ${config.current.reads}`),
    operations: { work: () => config.current.reads },
  }),
});

const transport = nats({ servers, caller: "brokerless", reconnectWait: "20ms" });
transport.onAlarm(({ kind }) => say(kind));
const supervisor = createSupervisor({
  host: "brokerless",
  transport,
  store: sqlite({ path: ":memory:" }),
  log: { level: "silent" },
});
supervisor.spawn(manager, { config: () => ({ reads: ++reads }) });
supervisor.handleSignals();
await supervisor.start();
say(`read ${reads}`);
