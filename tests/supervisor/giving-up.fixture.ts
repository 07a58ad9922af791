import { call, contract } from "@reeve/contract";
import { column, createSupervisor, defineManager, defineStore, table } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import { z } from "zod";

// A process whose supervisor gives up: at SIGUSR2 because its manager was killed once too often, or wrote after it was
// succeeded in the store.
const [directory = "", why = "", ...ways] = process.argv.slice(2);
const notes = contract("notes", "1.0", { write: call({ input: z.object({}) }) });
const store = defineStore("notes", { tables: { notes: table({ id: column.text().primaryKey() }) } });

const manager = defineManager({
  contract: notes,
  store,
  setup: ({ store }) => ({
    operations: { write: () => store.transaction(async (tx) => void (await tx.insert("notes", { id: "one" }))) },
  }),
});

const supervisor = createSupervisor({
  host: "child",
  store: sqlite({ path: `${directory}/db` }),
  log: { destination: { path: `${directory}/log` } },
  restart: { maxRestarts: 0 },
});
supervisor.spawn(manager);
if (ways.includes("signals")) supervisor.handleSignals();
if (ways.includes("undone")) supervisor.handleSignals()();
if (ways.includes("followed")) supervisor.finished.catch(({ reason }) => process.stdout.write(`told ${reason}\n`));
if (ways.includes("own-code")) process.exitCode = 7;
// What holds the process open is no reason for it to stay.
if (ways.includes("busy")) setInterval(() => {}, 60_000);

process.on("SIGUSR2", () => {
  if (why === "killed") supervisor.kill("notes", "child");
  else
    supervisor
      .ref(notes)
      .write({})
      .catch(() => {});
  if (ways.includes("terminated")) process.kill(process.pid, "SIGTERM");
});
await supervisor.start();
process.stdout.write("ready\n");
