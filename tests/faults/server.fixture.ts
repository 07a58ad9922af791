import { createInterface } from "node:readline";
import { setTimeout as lasts, setImmediate as turn } from "node:timers/promises";
import { nats } from "@reeve/nats";
import { createSupervisor, defineManager } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import { Ledger } from "./ledger.ts";
import type { ServerSettings } from "./server.ts";
import { works } from "./work.ts";

// A process that serves the work. It says "starting" and "ready", blocks its event loop when told "block <ms>", and ends the
// runs that are held when told "release".
const { host, link, ledger: path, limits = {} } = JSON.parse(process.argv[2] ?? "{}") as ServerSettings;
const ledger = new Ledger(path);
const say = (line: string) => process.stdout.write(`${line}\n`);
const released = Promise.withResolvers<void>();

const manager = defineManager({
  contract: works,
  limits,
  setup: ({ address }) => {
    const run = ({ key, holdMs, held }: { key: string; holdMs: number; held: boolean }): string | Promise<string> => {
      ledger.write(key);
      if (held) return released.promise.then(() => address);
      return holdMs === 0 ? address : lasts(holdMs, address);
    };
    return {
      operations: {
        run,
        tend: ({ key, holdMs }, { signal }) => {
          ledger.write(key);
          return lasts(holdMs, address, { signal });
        },
        repeat: run,
        hold: ({ ms }) => lasts(ms, undefined),
        burn: async ({ ms }) => {
          for (const until = performance.now() + ms; performance.now() < until; );
          await turn();
        },
        fail: ({ how }) => {
          if (how === "throws") throw new Error("at once");
          return how === "rejects" ? Promise.reject(new Error("later")) : new Promise(() => {});
        },
        async *watch(_, { signal }) {
          for (let step = 0; !signal.aborted; step++) {
            yield step;
            await lasts(200, undefined, { signal });
          }
        },
        standing: () => {
          globalThis.gc?.();
          const { inFlight = 0, queued = 0 } = supervisor.managers()[0] ?? {};
          // Whoever asks is in flight too.
          return { open: inFlight + queued - 1, heapBytes: process.memoryUsage().heapUsed };
        },
      },
    };
  },
});

const supervisor = createSupervisor({
  host,
  transport: nats({ caller: host, ...link }),
  store: sqlite({ path: ":memory:" }),
  log: { level: "silent" },
});
supervisor.spawn(manager);
say("starting");
supervisor.handleSignals();
await supervisor.start();
say("ready");

createInterface({ input: process.stdin })
  .on("line", (line) => {
    if (line === "release") return void release();
    const ms = Number(line.split(" ")[1]);
    process.stdout.write("blocked\n", () => {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
      say("free");
    });
  })
  .on("close", () => process.exit(2));

async function release(): Promise<void> {
  released.resolve();
  // By then they have ended, and their answers have been given to the link.
  await turn();
  await turn();
  say("released");
}
