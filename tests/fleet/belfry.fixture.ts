import { nats } from "@reeve/nats";
import { createSupervisor, defineManager } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import { belfries } from "./belfry.ts";

// A process with a belfry, which writes a line for every stroke, every step of its start and every change of its state.
const [servers = "", host = "", path = "", life = ""] = process.argv.slice(2);
const say = (line: string) => process.stdout.write(`${line}\n`);

const manager = defineManager({
  contract: belfries,
  setup: () => ({
    initHost: () => void say("initHost"),
    operations: {
      strike: ({ n }) => {
        say(`struck ${n}`);
        return life;
      },
    },
  }),
});

// No caller: it is named after its host.
const supervisor = createSupervisor({
  host,
  transport: nats({ servers }),
  store: sqlite({ path }),
  log: { level: "silent" },
});
supervisor.spawn(manager);
const starting = supervisor.start();
supervisor.handleSignals();
void (async () => {
  for (let last = ""; ; ) {
    const { status } = await supervisor.until("belfry", host, ({ status }) => describe(status) !== last);
    last = describe(status);
    say(last);
  }
})().catch(() => undefined);
await starting;
say("started");

function describe({ state, phase, causes }: ReturnType<typeof supervisor.managers>[number]["status"]): string {
  return [state, phase, ...causes.map(({ reason }) => reason)].filter((word) => word !== undefined).join(" ");
}
