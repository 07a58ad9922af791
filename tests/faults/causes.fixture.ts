import { readFileSync } from "node:fs";
import { nats } from "@reeve/nats";
import { createSupervisor, defineManager, type ManagerReport } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import { z } from "zod";
import { quarry } from "./quarry.ts";

// A process that calls its own manager all the time, from before its start. It says "well" or what is wrong at each change, "open"
// when its start has resolved, and at SIGTERM "calls <made> failed <failed>".
const [file = "", servers = ""] = process.argv.slice(2);
const say = (line: string) => process.stdout.write(`${line}\n`);

const manager = defineManager({
  contract: quarry,
  config: z.object({ depth: z.number() }),
  setup: ({ config }) => ({ operations: { dig: () => config.current.depth } }),
});
const supervisor = createSupervisor({
  host: "quarry",
  ...(servers ? { transport: nats({ servers, reconnectWait: "50ms", reconnectJitter: 0 }) } : {}),
  store: sqlite({ path: ":memory:" }),
  log: { level: "silent" },
});
supervisor.spawn(manager, { config: () => JSON.parse(readFileSync(file, "utf8")) });
process.on("SIGHUP", () => void supervisor.reset().catch(() => undefined));

let made = 0;
let failed = 0;
let stopping = false;
const ref = supervisor.ref(quarry);
async function call(): Promise<void> {
  while (!stopping) {
    made++;
    await ref.dig({}).catch(() => failed++);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

let told: string | undefined;
const wrong = ({ status: { causes } }: ManagerReport) => causes.map(({ reason }) => reason).join() || "well";
async function tell(): Promise<void> {
  for (;;) {
    const report = await supervisor.until("quarry", "quarry", (now) => wrong(now) !== told);
    told = wrong(report);
    say(told);
  }
}

const starting = supervisor.start();
void tell().catch(() => undefined);
const callers = Array.from({ length: 8 }, call);
await starting;
say("open");
process.on("SIGTERM", () => {
  stopping = true;
  void Promise.all(callers).then(() => {
    say(`calls ${made} failed ${failed}`);
    process.exit(0);
  });
});
