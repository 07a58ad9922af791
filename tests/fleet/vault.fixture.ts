import { nats } from "@reeve/nats";
import { column, createSupervisor, defineManager, defineStore, table } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import { vaults } from "./vault.ts";

// A process that keeps a vault. In its first life it answers nothing: it says what it has begun, and waits to be killed.
const [servers = "", host = "", path = "", life = ""] = process.argv.slice(2);
const say = (line: string) => process.stdout.write(`${line}\n`);

const vaultManager = defineManager({
  contract: vaults,
  store: defineStore("vault", {
    tables: { entries: table({ id: column.text().primaryKey(), key: column.text(), life: column.text() }) },
  }),
  setup: ({ store }) => {
    const answer = async (what: string): Promise<string> => {
      say(what);
      return life === "first" ? new Promise<never>(() => {}) : what;
    };
    let entries = 0;
    return {
      operations: {
        put: async ({ key }) => {
          const what = await store.transaction(async (tx) => {
            await tx.insert("entries", { id: `${life}-${++entries}`, key, life });
            return `${key} put in the ${life} life`;
          });
          await answer(what);
          return what;
        },
        look: ({ key }) => answer(`${key} seen in the ${life} life`),
        burn: ({ key }) => answer(`${key} burnt in the ${life} life`),
        kept: async () => (await store.selectFrom("entries").select("key").execute()).map(({ key }) => key),
      },
    };
  },
});

const supervisor = createSupervisor({
  host,
  transport: nats({ servers, caller: host }),
  store: sqlite({ path }),
  log: { level: "silent" },
});
supervisor.spawn(vaultManager);
supervisor.handleSignals();
await supervisor.start();
say("ready");
