import { appendFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { call, cast, contract } from "@reeve/contract";
import { nats } from "@reeve/nats";
import { carriedOut, column, createSupervisor, defineManager, defineStore, table } from "@reeve/runtime";
import { z } from "zod";
import { type Backend, openBackend } from "../inbox/stores.ts";

// One of the processes of a storm: it casts, or carries out what is cast, until it is killed.
const [role = "", host = "", servers = "", backend = "", place = "", seen = "", count = "0"] = process.argv.slice(2);
const Entry = z.object({ lane: z.string(), n: z.number() });

const books = contract("book", "1.0", {
  enter: cast({ input: Entry, durable: true, lane: ({ lane }) => lane, timeout: "2s" }),
  note: cast({ input: Entry, durable: true, timeout: "2s" }),
  /** Every other one is refused: a dead letter that those after it pass. */
  offer: cast({ input: Entry, durable: true, lane: ({ lane }) => lane, timeout: "2s", onDeadLetter: "skip" }),
});
const bookStore = defineStore("book", {
  tables: { entries: table({ id: column.text().primaryKey(), lane: column.text(), n: column.integer() }) },
});
const bookManager = defineManager({
  contract: books,
  store: bookStore,
  setup: ({ store, newId }) => {
    const enter = async ({ lane, n }: z.infer<typeof Entry>) => {
      await store.transaction(async (tx) => {
        await tx.insert("entries", { id: newId(), lane, n });
        return carriedOut;
      });
      // Outside of all databases, in the order in which it was done.
      appendFileSync(seen, `${lane} ${n}\n`);
      // Long enough to be killed between what it did and its answer.
      await pause(30);
    };
    const offer = async (entry: z.infer<typeof Entry>) => {
      if (entry.n % 2 === 0) {
        appendFileSync(seen, `refused ${entry.n}\n`);
        throw new Error("it is torn");
      }
      await enter(entry);
    };
    return { operations: { enter, note: enter, offer } };
  },
});

const tellers = contract("teller", "1.0", {
  tell: call({ input: Entry, output: z.number() }),
  told: call({ input: z.object({}), output: z.number() }),
});
const tellerStore = defineStore("teller", { tables: { told: table({ n: column.integer().primaryKey() }) } });
const tellerManager = defineManager({
  contract: tellers,
  store: tellerStore,
  setup: ({ store }) => ({
    operations: {
      tell: async ({ lane, n }, ctx) => {
        const ref = ctx.ref(books);
        await store.transaction(async (tx) => {
          await tx.insert("told", { n });
          if (lane === "free") await ref.note({ lane, n }, { tx });
          else if (lane === "timed") await ref.note({ lane, n }, { tx, after: 50 });
          else if (lane === "offers") await ref.offer({ lane, n }, { tx });
          else await ref.enter({ lane, n }, { tx });
        });
        return n;
      },
      told: async () => (await store.selectFrom("told").select("n").execute()).length,
    },
  }),
});

const supervisor = createSupervisor({
  ...{ host, transport: nats({ servers, caller: host }), store: openBackend(backend as Backend, place) },
  ...{ trustedForwarders: ["*"], log: { level: "silent" } },
});
if (role === "book") supervisor.spawn(bookManager);
else supervisor.spawn(tellerManager);
process.on("disconnect", () => process.exit());
await supervisor.start();
process.send!("ready");
if (role === "teller") {
  const teller = supervisor.ref(tellers);
  const lanes = ["a", "b", "c", "d", "e", "f", "free", "timed", "offers"];
  let next = await teller.told({});
  while (next < Number(count)) {
    await teller.tell({ lane: lanes[next % lanes.length]!, n: next });
    next += 1;
  }
  process.send!("all");
  // Each delivery says which keys may go.
  process.on("message", () => void teller.tell({ lane: "free", n: next++ }));
}
