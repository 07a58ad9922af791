import { setTimeout as pause } from "node:timers/promises";
import { call, cast, contract } from "@reeve/contract";
import { carriedOut, column, defineManager, defineStore, table } from "@reeve/runtime";
import { z } from "zod";

/**
 * How an errand is cast: in a transaction of its own, in one with a row that says so, in a lane, or as a timer. All but the first
 * write that row.
 */
export const ways = ["alone", "with a row", "in turn", "after", "at"] as const;

const Errand = z.object({
  id: z.string(),
  way: z.enum(ways),
  /** A host or a cluster; null: anybody. */
  to: z.string().nullable(),
  lane: z.string().default(""),
  /** Of a timer. */
  delayMs: z.number().default(0),
});
const Run = z.object({ id: z.string(), lane: z.string().default(""), n: z.number().default(0) });

export type Errand = z.input<typeof Errand>;

export const errands = contract("errand", "1.0", {
  send: call({ input: Errand, dedupe: "store", timeout: "20s" }),
  run: cast({ input: Run, durable: true, timeout: "5s" }),
  runInTurn: cast({ input: Run, durable: true, lane: ({ lane }) => lane, timeout: "5s" }),
  /** Does something so often under a lease, and says how often it held that for certain. */
  hold: call({ input: z.object({ lease: z.string(), steps: z.number() }), output: z.number(), timeout: "20s" }),
});

/** Sends as a manager without a store does: its host keeps what it casts. */
export const couriers = contract("courier", "1.0", {
  send: call({ input: Errand.pick({ id: true, to: true }), timeout: "20s" }),
});

const text = () => column.text();
const id = () => column.text().primaryKey();

export const errandStore = defineStore("errand", {
  tables: {
    sent: table({ id: id(), way: text(), delayMs: column.integer(), at: column.integer().nullable() }),
    done: table({ id: id(), errand: text(), lane: text(), n: column.integer() }),
    lanes: table({ id: id(), n: column.integer() }),
    turns: table({ id: id(), place: text(), turn: text() }),
    holds: table({
      ...{ id: id(), lease: text(), epoch: column.integer(), grant: text() },
      /** The lease was held when the row was there. */
      held: column.boolean(),
    }),
  },
});

/** Of a cluster, or of each host that is in none. */
export const tasks = ["round", "audit"] as const;

const stepsOfTurn = 3;
const stepMs = 60;

/** Casts, runs what is cast, takes turns at tasks of its cluster, and does things under leases; all that it does are rows. */
export const errandManager = defineManager({
  contract: errands,
  store: errandStore,
  setup({ store, lease, address, cluster, newId }) {
    const run = ({ id: errand, lane, n }: z.output<typeof Run>) =>
      store.transaction(async (tx) => {
        await tx.insert("done", { id: newId(), errand, lane, n });
        return carriedOut;
      });
    /** It does not look at its signal: what must not be written is refused. */
    const turn = (task: (typeof tasks)[number]) => async () => {
      const row = { place: `${task} of ${cluster ?? address}`, turn: newId() };
      for (let step = 0; step < stepsOfTurn; step++) {
        await store.transaction((tx) => tx.insert("turns", { id: newId(), ...row }));
        await pause(stepMs);
      }
    };
    return {
      operations: {
        async send({ id, way, to, lane, delayMs }, ctx) {
          const ref = to === null ? ctx.ref(errands) : ctx.ref(errands).at(to);
          if (way === "alone") return void (await ref.run({ id }));
          return store.transaction(async (tx) => {
            const at = way === "at" ? new Date(Date.now() + delayMs) : undefined;
            await tx.insert("sent", { id, way, delayMs, at: at?.getTime() ?? null });
            if (way === "with a row") await ref.run({ id }, { tx });
            if (way === "after") await ref.run({ id }, { tx, after: delayMs });
            if (way === "at") await ref.run({ id }, { tx, at: at! });
            if (way === "in turn") {
              const name = `${lane} of ${address} to ${to}`;
              const last = await tx.selectFrom("lanes").select("n").where("id", "=", name).executeTakeFirst();
              const n = (last?.n ?? 0) + 1;
              if (last) await tx.update("lanes", name, { n });
              else await tx.insert("lanes", { id: name, n });
              await ref.runInTurn({ id, lane: name, n }, { tx });
            }
            return carriedOut;
          });
        },
        run,
        runInTurn: run,
        async hold({ lease: name, steps }, ctx) {
          await using held = await lease(name, { signal: ctx.signal });
          const row = { lease: name, epoch: held.epoch, grant: newId() };
          for (let step = 0; step < steps; step++) {
            const id = newId();
            await store.transaction((tx) => tx.insert("holds", { id, ...row, held: false }));
            if (!held.isHeld()) return step;
            await store.transaction((tx) => tx.update("holds", id, { held: true }));
            await pause(stepMs);
          }
          return steps;
        },
      },
      periodic: {
        round: { every: "1s", scope: "cluster", run: turn("round") },
        audit: { every: "1s", scope: "cluster", durable: true, run: turn("audit") },
      },
    };
  },
});

export const courierManager = defineManager({
  contract: couriers,
  setup: () => ({
    operations: {
      async send({ id, to }, ctx) {
        const ref = ctx.ref(errands);
        await (to === null ? ref : ref.at(to)).run({ id });
      },
    },
  }),
});
