import { appendFileSync } from "node:fs";
import { postgres } from "@reeve/postgres";
import { createSupervisor } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import { killingStore } from "../volume/killing-store.ts";
import type { Happening } from "./paths.ts";
import { serverManager, servers } from "./servers.ts";

/** What a life is told. */
export interface LifeOptions {
  readonly store: { readonly path: string } | { readonly url: string };
  /** Where its actions write what they say. */
  readonly device: string;
  readonly happenings: readonly Happening[];
  /** Where it ends. */
  readonly state: string;
  /** Where it kills itself; nowhere if absent. */
  readonly die?: { readonly commit: number; readonly moment: "before" | "after" } | { readonly action: number };
}

const options: LifeOptions = JSON.parse(process.argv[2] ?? "");
const { happenings, state, device, die } = options;
const inner = "path" in options.store ? sqlite(options.store) : postgres(options.store);
const { store, arm } = killingStore(inner, die && "commit" in die ? die : { commit: 0, moment: "before" });

const seen: string[] = [];
seen.push = (line) => {
  const said = Array.prototype.push.call(seen, line);
  if (die && "action" in die && said === die.action) process.kill(process.pid, "SIGKILL");
  appendFileSync(device, `${line}\n`);
  return said;
};
const fails = happenings.filter((happening) => happening === "no image").length;
const writes = happenings.includes("image");
const image = async (_id: string, signal: AbortSignal, attempt: number) => {
  if (attempt < fails) throw new Error("no image");
  if (writes) return "debian";
  return new Promise<never>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
};
const patienceMs = happenings.includes("wait") ? 20 : 600_000;

const supervisor = createSupervisor({ host: "a", store, log: { level: "silent" } });
supervisor.spawn(serverManager({ seen, image, patienceMs }));
if (die) arm();
await supervisor.start();
const ref = supervisor.ref(servers);
const stateNow = async () => ((await ref.find({ id: "s1" })) as { value: string } | undefined)?.value;

// Whoever drives it looks where it is, and does what comes next there; what it does itself is waited for.
const nextIn: Readonly<Record<string, "racked" | "skip" | "approved">> = {
  racking: "racked",
  testing: "skip",
  waiting: "approved",
};
if ((await stateNow()) === undefined) await ref.rack({ id: "s1" });
for (let now = await stateNow(); now !== state; now = await stateNow()) {
  const type = nextIn[now!];
  if (type === undefined || (type === "racked" && !happenings.includes("racked")))
    await new Promise((resolve) => setTimeout(resolve, 2));
  // A row and an event in one commit.
  else if (type === "racked") await ref.note({ id: "s1", type, fail: false });
  else await ref.send({ id: "s1", type });
}
// Its last actions may run after that commit.
await new Promise((resolve) => setTimeout(resolve, 5));
await supervisor.stop();
process.stdout.write(JSON.stringify({ said: seen }));
