import { nats } from "@reeve/nats";
import { postgres } from "@reeve/postgres";
import type { Logger } from "@reeve/runtime";
import { createSupervisor } from "@reeve/runtime";
import { millManager, type Witness } from "./mill.ts";

// A member of a cluster that a test kills, pauses and cuts off. It tells on its standard output what happens to it.
const [host = "", servers = "", url = ""] = process.argv.slice(2);
const tell = (line: string) => process.stdout.write(`${line}\n`);
const stone = Promise.withResolvers<void>();
const cleaned: string[] = [];
const witness: Witness = {
  cleaned,
  stone: stone.promise,
  onBegun: () => {},
  onRecover: (_, id) => void tell(`cleans ${id}`),
};
const heed = (_: unknown, message?: string) => {
  if (message?.startsWith("observes")) tell(message.split(": ")[1]!);
};
const log: Logger = { debug: heed, info: heed, warn: heed, error: heed, child: () => log };
const supervisor = createSupervisor({
  ...{ host, cluster: "valley", transport: nats({ servers, caller: host }), store: postgres({ url }), log },
  trustedForwarders: ["*"],
  restart: { initialBackoff: "50ms", maxRestarts: 100 },
});
supervisor.spawn(millManager(witness));
process.on("message", () => {
  tell("grinds on");
  stone.resolve();
});
process.on("disconnect", () => process.exit());
let epoch = 0;
const looking = setInterval(() => {
  const [mill] = supervisor.managers();
  const { state, phase } = mill?.status ?? {};
  if (!mill || mill.epoch === epoch || (phase !== "ready" && state !== "degraded")) return;
  epoch = mill.epoch;
  tell(`ready ${epoch}`);
}, 20);
looking.unref();
await supervisor.start();
