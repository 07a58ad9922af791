import { mkdirSync } from "node:fs";
import { fileVolumes } from "@reeve/file-volumes";
import { volumeManager } from "@reeve/managers/volume";
import { nats } from "@reeve/nats";
import { createSupervisor, defineManager } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import { type ClaimantSettings, diskOf } from "./claimant.ts";
import { Ledger } from "./ledger.ts";
import { strokes } from "./stroke.ts";

// A process with a store, images and a ledger of what it ran on a disk of its own. It writes its log, each state of its two
// managers as "stroke <state>" and "volume <state>", and "started".
const { servers, host, disk, ...given } = JSON.parse(process.argv[2] ?? "{}") as ClaimantSettings;
const { store, images, ledger: path } = { ...diskOf(disk), ...given };
const ledger = new Ledger(path);
const say = (line: string) => process.stdout.write(`${line}\n`);
mkdirSync(images, { recursive: true });

const strokeManager = defineManager({
  contract: strokes,
  setup: () => ({ operations: { strike: ({ key }) => ledger.write(key) } }),
});

const supervisor = createSupervisor({
  host,
  transport: nats({ servers, caller: host }),
  trustedForwarders: ["control-*"],
  store: sqlite({ path: store }),
  capabilityInterval: 100,
  log: { level: "warn", destination: "stdout" },
});
const { address } = supervisor.spawn(volumeManager, {
  backend: "ssd",
  driver: fileVolumes({ root: images }),
  limits: { driverPatience: "1s", driver: { retryAfter: "100ms", retryAtMost: "200ms" } },
});
supervisor.spawn(strokeManager);
supervisor.handleSignals();
const starting = supervisor.start();
for (const [manager, place] of [
  ["volume", address],
  ["stroke", host],
] as const) {
  void tellStates(manager, place).catch(() => undefined);
}
await starting;
say("started");

async function tellStates(manager: string, place: string): Promise<never> {
  for (let last = ""; ; ) {
    const { status } = await supervisor.until(manager, place, ({ status }) => stateOf(status) !== last);
    last = stateOf(status);
    say(`${manager} ${last}`);
  }
}

function stateOf({ state, phase, causes }: ReturnType<typeof supervisor.managers>[number]["status"]): string {
  return [state, phase, ...causes.map(({ reason }) => reason)].filter((word) => word !== undefined).join(" ");
}
