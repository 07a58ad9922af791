import { connect, createSupervisor, defineManager, silentLogger } from "@reeve/runtime";
import { nats } from "@reeve/runtime/nats";
import { sqlite } from "@reeve/runtime/sqlite";
import { ada, copiers } from "./copier.ts";

// A process that copies, or one that has something copied under a key and says what it reads of that.
const [role = "", servers = "", name = "", path = ""] = process.argv.slice(2);
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

const manager = defineManager({
  contract: copiers,
  setup: () => ({
    operations: {
      copy: async function* ({ id }) {
        say(`copies ${id}`);
        const copy = copyOf(id);
        for (let step = 0; ; ) {
          for (; step < copy.upTo; step++) yield step;
          if (copy.done) return `copied by ${name}`;
          await copy.told();
        }
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
    },
  }),
});

if (role === "serve") {
  const supervisor = createSupervisor({
    ...{ host: name, log: { level: "silent" }, trustedForwarders: ["web-*"] },
    transport: nats({ servers, caller: name }),
    store: sqlite({ path }),
  });
  supervisor.spawn(manager);
  supervisor.handleSignals();
  await supervisor.start();
  say("ready");
} else {
  const connection = await connect({ transport: nats({ servers, caller: name }), log: silentLogger });
  const copying = connection.as(ada).ref(copiers).copy({ id: "v1" }, { idempotencyKey: "copy-17" });
  for await (const step of copying) say(`${step}`);
  say(await copying.result);
}
