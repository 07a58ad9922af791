import { createSupervisor, defineManager } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import { jobs } from "./jobs.fixture.ts";

// A process that a test signals. It writes a line for everything that happens to it.
const [path = "", calls = "0"] = process.argv.slice(2);
const say = (line: string) => process.stdout.write(`${line}\n`);
let limit = 1;

const manager = defineManager({
  contract: jobs,
  limits: { maxInFlight: 128 },
  setup: () => {
    const waiting: (() => void)[] = [];
    process.on("SIGUSR2", () => {
      for (const release of waiting.splice(0)) release();
    });
    return {
      reset: () => void say(`reset ${limit}`),
      operations: {
        work: ({ n }) => new Promise<number>((resolve) => waiting.push(() => resolve(n))),
      },
    };
  },
});

process.on("SIGHUP", () => limit++);
const supervisor = createSupervisor({ host: "child", store: sqlite({ path }), log: { level: "silent" } });
supervisor.spawn(manager);
supervisor.handleSignals();
await supervisor.start();
const answers = Array.from({ length: Number(calls) }, (_, n) => supervisor.ref(jobs).work({ n }));
say("ready");
const settled = await Promise.allSettled(answers);
say(`answered ${settled.filter(({ status }) => status === "fulfilled").length}`);
