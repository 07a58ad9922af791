import { join } from "node:path";
import { sqlite } from "@reeve/runtime/sqlite";
import { patchPanel } from "@reeve/testing";
import { killingStore } from "../volume/killing-store.ts";
import type { Gap } from "./killed-process.ts";
import { WiredHouse } from "./wired-house.ts";

// A process that attaches or detaches a port and kills itself in a gap. Should it come through, it says "done".
const [directory = "", act = "", portId = "", given = ""] = process.argv.slice(2);
const gap = JSON.parse(given) as Gap;

let armed = false;
const die = () => {
  if (!armed) return;
  process.kill(process.pid, "SIGKILL");
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
};

const panel = patchPanel({
  file: join(directory, "panel.sqlite"),
  onCall: ({ moment, method }) => {
    if ("method" in gap && gap.method === method && gap.moment === moment) die();
  },
});
const point = "commit" in gap ? gap : ({ commit: Number.POSITIVE_INFINITY, moment: "before" } as const);
const killing = killingStore(sqlite({ path: join(directory, "reeve.sqlite") }), point);
const house = await WiredHouse.open({ directory, store: killing.store, devices: { leaf: { panel } } });
if ("command" in gap) panel.before(new RegExp(gap.command), die);
armed = true;
killing.arm();
const host = house.at().address;
if (act === "attach") await house.ops.attach({ portId, host }, { idempotencyKey: "once" }).result;
else await house.ops.detach({ portId });
process.stdout.write("done\n");
process.kill(process.pid, "SIGKILL");
