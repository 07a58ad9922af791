import { createInterface } from "node:readline";
import { createSupervisor } from "@reeve/runtime";
import { granary } from "../power-loss/granary.ts";
import { granaryDisk } from "../power-loss/granary-disk.ts";
import { granaryManager } from "../power-loss/granary-manager.ts";

// A process with a granary on a disk to which something happens. It says "ready"; told "store <id>", it says
// "acknowledged <id>" or "refused <id> <reason>"; told "list", it says "left <ids, joined by ,>".
const [directory = ""] = process.argv.slice(2);
const say = (line: string) => process.stdout.write(`${line}\n`);
const supervisor = createSupervisor({ host: "barn", store: granaryDisk(directory), log: { level: "silent" } });
supervisor.spawn(granaryManager(() => undefined));
await supervisor.start();
const ref = supervisor.ref(granary);
say("ready");

createInterface({ input: process.stdin })
  .on("line", (line) => {
    const [command, id = ""] = line.split(" ");
    void (command === "store" ? store(id) : list());
  })
  .on("close", () => process.exit(2));

async function store(id: string): Promise<void> {
  await ref.store({ id }, { timeout: "10s" }).then(
    () => say(`acknowledged ${id}`),
    (error: { readonly reason?: string }) => say(`refused ${id} ${error.reason}`),
  );
}

async function list(): Promise<void> {
  const { sacks } = await ref.look({});
  say(`left ${sacks.map(({ id }) => id).join(",")}`);
}
