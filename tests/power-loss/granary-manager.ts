import { defineManager, type Job, job, type Transaction } from "@reeve/runtime";
import { type Counts, grainOf, granary, granaryStore, type Sack } from "./granary.ts";

type Tx = Transaction<typeof granaryStore>;

const nothing: Counts = { begun: 0, stored: 0, taken: 0 };

/** @param onSeen told what its hooks read of the store */
export function granaryManager(onSeen: (sack: Sack) => void) {
  return defineManager({
    contract: granary,
    store: granaryStore,
    jobs: { "sack.storing": job() },
    limits: { maxInFlight: 256 },
    setup: ({ store, work }) => {
      const finish = async (tx: Tx, id: string): Promise<Sack> => {
        const sack = await tx.update("sacks", id, { stored: true });
        await tx.insert("seals", { id });
        await count(tx, "stored");
        return visible(sack);
      };
      return {
        operations: {
          async store({ id }) {
            const job = await store.transaction(async (tx) => {
              await tx.insert("sacks", { id, grain: grainOf(id) });
              await tx.insert("labels", { id });
              await count(tx, "begun");
              return work.begin(tx, "sack.storing", id);
            });
            return work.run(job, async () => (tx) => finish(tx, id));
          },
          move: ({ id }) =>
            store.transaction(async (tx) => {
              const { revision } = await tx.get("sacks", id);
              await tx.update("labels", id, { revision: revision + 1 });
              return visible(await tx.update("sacks", id, { revision: revision + 1 }));
            }),
          take: ({ id }) =>
            store.transaction(async (tx) => {
              for (const kind of ["sacks", "labels", "seals"] as const) await tx.delete(kind, id);
              await tx.insert("taken", { id });
              return count(tx, "taken");
            }),
          async look() {
            const sacks = await store.selectFrom("sacks").select(["id", "stored", "revision"]).execute();
            return { sacks: [...sacks], counts: visibleCounts(await store.find("counts", 1)) };
          },
          count: () => store.transaction(async (tx) => visibleCounts(await tx.find("counts", 1))),
          refuse: ({ id }, ctx) =>
            store.transaction(async (tx) => {
              const sack = await tx.find("sacks", id);
              if (sack) ctx.fail("SEEN", visible(sack));
            }),
        },
        async initHost() {
          for (const sack of await store.selectFrom("sacks").selectAll().execute()) onSeen(visible(sack));
        },
        recover: {
          "sack.storing": async ({ resource }: Job) => {
            onSeen(visible(await store.get("sacks", resource)));
            return (tx: Tx) => finish(tx, resource);
          },
        },
      };
    },
  });
}

async function count(tx: Tx, what: keyof Counts): Promise<Counts> {
  const counts = await tx.find("counts", 1);
  if (!counts) return visibleCounts(await tx.insert("counts", { id: 1, ...nothing, [what]: 1 }));
  return visibleCounts(await tx.update("counts", 1, { [what]: counts[what] + 1 }));
}

function visible({ id, stored, revision }: Sack): Sack {
  return { id, stored, revision };
}

function visibleCounts(row: Counts | undefined): Counts {
  const { begun, stored, taken } = row ?? nothing;
  return { begun, stored, taken };
}
