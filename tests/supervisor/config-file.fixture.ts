import { readFileSync } from "node:fs";
import { createSupervisor, defineManager, type ManagerReport } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import { z } from "zod";
import { jobs } from "./jobs.fixture.ts";

// A process whose configuration is a file. Its log goes to stderr; it writes a line for each change of what is wrong with its manager.
const [file = ""] = process.argv.slice(2);
const say = (line: string) => process.stdout.write(`${line}\n`);

const manager = defineManager({
  contract: jobs,
  config: z.object({ limit: z.number() }),
  setup: ({ config }) => ({ operations: { work: async ({ n }) => n + config.current.limit } }),
});

const supervisor = createSupervisor({
  host: "child",
  store: sqlite({ path: ":memory:" }),
});
supervisor.spawn(manager, { config: () => JSON.parse(readFileSync(file, "utf8")) });
supervisor.handleSignals();
await supervisor.start();
say("ready");
let told = "";
const isNews = ({ status: { phase, causes } }: ManagerReport) =>
  phase === "ready" && causes.map(({ reason }) => reason).join() !== told;
for (;;) {
  const report = await supervisor.until("jobs", "child", isNews).catch(() => undefined);
  // It stops.
  if (!report) break;
  told = report.status.causes.map(({ reason }) => reason).join();
  say(`${report.status.state} ${told || "well"} ${await supervisor.ref(jobs).work({ n: 1 })}`);
}
