import { createSupervisor } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import { type KillPoint, killingStore } from "../volume/killing-store.ts";
import { ledger, ledgerManager, office, officeManager } from "./ledger.ts";

// One life of a host on a file. With a point it casts, and kills itself there; without one it says what there is in the end.
const [path = "", given = ""] = process.argv.slice(2);
const point: KillPoint | undefined = given === "" ? undefined : JSON.parse(given);
const { store, arm } = killingStore(sqlite({ path }), point ?? { commit: 0, moment: "before" });
const supervisor = createSupervisor({ host: "a", store, log: { level: "silent" } });
supervisor.spawn(ledgerManager());
supervisor.spawn(
  officeManager(async (what, ctx, own) => {
    await own.transaction(async (tx) => {
      await tx.insert("done", { what });
      await ctx.ref(ledger).inOrder({ text: what, book: "b" }, { tx });
      await ctx.ref(ledger).inOrder({ text: `${what} more`, book: "b" }, { tx, after: 1 });
      return what;
    });
  }),
);
await supervisor.start();
if (point) arm();
const told = async () => (await supervisor.ref(ledger).read({})).length;
// Whoever asked for it before asks again, until it is known.
await supervisor.ref(office).act({ what: "told" }, { idempotencyKey: "k" });
const until = performance.now() + 20_000;
while ((await told()) < 2 && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 5));
// One more delivery, which says that the keys of those before it may go.
await supervisor.ref(ledger).note({ text: "last" });
while ((await told()) < 3 && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 5));
process.stdout.write(JSON.stringify(await supervisor.ref(ledger).read({})));
await supervisor.stop();
