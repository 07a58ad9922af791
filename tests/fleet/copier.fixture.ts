import { createInterface } from "node:readline";
import { nats } from "@reeve/nats";
import { column, connect, createSupervisor, defineManager, defineStore, job, table } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import { silentLogger } from "@reeve/testing";
import { ada, copiers } from "./copier.ts";

// A process that copies, or one that has something copied under a key and says what it reads of that. A line on its standard
// input tells all copies: so many more steps, or that they are done.
const [role = "", link = "", name = "", path = "", life = "first", backend] = process.argv.slice(2);
const transport = () => nats({ caller: name, ...JSON.parse(link) });
const say = (line: string) => process.stdout.write(`${line}\n`);

/** What is told of one copy. */
class Copy {
  upTo = 0;
  done = false;
  #wake: (() => void)[] = [];

  tell(change: (copy: Copy) => void): void {
    change(this);
    for (const wake of this.#wake.splice(0)) wake();
  }

  told(): Promise<void> {
    return new Promise((resolve) => this.#wake.push(resolve));
  }
}

const copies = new Map<string, Copy>();
function copyOf(id: string): Copy {
  const copy = copies.get(id) ?? new Copy();
  copies.set(id, copy);
  return copy;
}

async function* stepsOf(id: string): AsyncGenerator<number, void> {
  const copy = copyOf(id);
  for (let step = 0; ; ) {
    for (; step < copy.upTo; step++) yield step;
    if (copy.done) return;
    await copy.told();
  }
}

const manager = defineManager({
  contract: copiers,
  store: defineStore("copier", { tables: { records: table({ id: column.text().primaryKey(), life: column.text() }) } }),
  jobs: { recording: job() },
  setup: ({ store, work }) => ({
    operations: {
      copy: async function* ({ id }) {
        say(`copies ${id}`);
        yield* stepsOf(id);
        return `copied by ${name}`;
      },
      keep: async function* ({ id }) {
        await store.transaction((tx) => tx.insert("records", { id, life }));
        say(`keeps ${id}`);
        yield* stepsOf(id);
        return `kept in the ${life} life`;
      },
      record: async function* ({ id }) {
        const recording = await store.transaction((tx) => work.begin(tx, "recording", id));
        return yield* work.stream(recording, async function* () {
          say(`records ${id}`);
          yield* stepsOf(id);
          return async (tx) => {
            await tx.insert("records", { id, life });
            return `recorded in the ${life} life`;
          };
        });
      },
      wait: async ({ id }) => {
        say(`waits for ${id}`);
        const copy = copyOf(id);
        while (!copy.done) await copy.told();
        return `copied by ${name}`;
      },
      advance: ({ id, steps }) =>
        copyOf(id).tell((copy) => {
          copy.upTo += steps;
        }),
      finish: ({ id }) =>
        copyOf(id).tell((copy) => {
          copy.done = true;
        }),
      records: async () =>
        (await store.selectFrom("records").selectAll().execute()).map((record) => `${record.id} ${record.life}`),
    },
    recover: {
      recording: async ({ resource }) => {
        say(`recovers ${resource}`);
        return async (tx) => {
          await tx.insert("records", { id: resource, life });
          return `recovered in the ${life} life`;
        };
      },
    },
  }),
});

if (role === "serve") {
  const supervisor = createSupervisor({
    ...{ host: name, log: { level: "silent" }, trustedForwarders: ["web-*"] },
    transport: transport(),
    store: sqlite({ path }),
  });
  supervisor.spawn(manager, backend === undefined ? {} : { backend });
  supervisor.handleSignals();
  await supervisor.start();
  createInterface({ input: process.stdin }).on("line", (line) => {
    for (const copy of copies.values()) {
      copy.tell(() => {
        if (line === "done") copy.done = true;
        else copy.upTo += Number(line);
      });
    }
  });
  // Its end is decided by signals.
  process.stdin.unref?.();
  say("ready");
} else {
  const connection = await connect({ transport: transport(), log: silentLogger });
  const copying = connection.as(ada).ref(copiers).copy({ id: "v1" }, { idempotencyKey: "copy-17" });
  for await (const step of copying) say(`${step}`);
  say(await copying.result);
}
