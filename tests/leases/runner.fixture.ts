import { randomUUID } from "node:crypto";
import { writeSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { call, contract } from "@reeve/contract";
import { postgres } from "@reeve/postgres";
import { column, createSupervisor, defineManager, defineStore, table } from "@reeve/runtime";
import { z } from "zod";

/** A member of a cluster, as a process of its own: its task writes row after row, and it says what it does. */
const { host, url } = JSON.parse(process.argv[2]!) as { readonly host: string; readonly url: string };

/** At once, whatever the process does next. */
const say = (event: string, fields: object = {}) =>
  writeSync(1, `@${JSON.stringify({ event, host, at: Date.now(), ...fields })}\n`);

const sweeps = contract("sweep", "1.0", { look: call({ input: z.object({}) }) });
const store = defineStore("sweep", {
  tables: { marks: table({ n: column.integer().primaryKey(), host: column.text(), life: column.text() }) },
});

const manager = defineManager({
  contract: sweeps,
  store,
  setup: ({ store }) => {
    const life = randomUUID();
    const mark = () =>
      store.transaction(async (tx) => {
        const last = await tx.selectFrom("marks").select("n").orderBy("n", "desc").limit(1).executeTakeFirst();
        return (await tx.insert("marks", { n: (last?.n ?? 0) + 1, host, life })).n;
      });
    return {
      operations: { look: () => {} },
      periodic: {
        sweep: {
          every: "200ms",
          scope: "cluster",
          async run() {
            say("begin", { life });
            // It does not look at its signal: what must not be written is refused.
            for (let writes = 0; writes < 10; writes++) {
              await mark().then(
                (n) => say("accepted", { life, n }),
                (error) => say("refused", { life, reason: error.reason }),
              );
              await sleep(50);
            }
            say("end", { life });
          },
        },
      },
    };
  },
});

const supervisor = createSupervisor({ host, cluster: "rack", store: postgres({ url }), log: { level: "silent" } });
supervisor.spawn(manager);
supervisor.handleSignals();
await supervisor.start();
say("ready");
