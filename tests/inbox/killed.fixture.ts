import { createSupervisor, inProcess } from "@reeve/runtime";
import { barnManager } from "./barn.ts";
import { deliver } from "./delivery.ts";
import { dyingStore } from "./dying-store.ts";
import { type Backend, openBackend } from "./stores.ts";

/** Takes one delivery, which acknowledges an earlier one, and is killed at the step that it is told. Says how many there were when it gets as far as its answer. */
const [backend = "", place = "", shouts = "", operation = "", at = ""] = process.argv.slice(2);
const dying = dyingStore(openBackend(backend as Backend, place), Number(at));
const { store } = dying;
const hub = inProcess();
const supervisor = createSupervisor({
  ...{ host: "barn-01", store, transport: hub.client({ caller: "barn-01" }), log: { level: "silent" } },
});
supervisor.spawn(barnManager(shouts));
await supervisor.start();
const web = hub.client({ caller: "web" });
await web.connect();
await deliver(web, "shout", { id: "c0", input: { bale: "first" } });
dying.arm();
await deliver(web, operation, { id: "c1", input: { bale: "b1" }, acknowledges: ["c0"] });
process.stdout.write(String(dying.steps));
process.kill(process.pid, "SIGKILL");
