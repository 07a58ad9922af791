import { call, contract } from "@reeve/contract";
import { defineManager } from "@reeve/runtime";
import { z } from "zod";

/** Managers that call each other, so that inspectors have something to show. */
export const workers = contract("worker", "1.0", {
  work: call({ input: z.object({ piece: z.number() }), output: z.object({ piece: z.number() }) }),
  /** Has each of these work in turn. */
  hand: call({ input: z.object({ to: z.array(z.string()) }), timeout: "1m" }),
  hold: call({ input: z.object({}), timeout: "1h" }),
});

export const workerManager = defineManager({
  contract: workers,
  setup({ address }) {
    let pieces = 0;
    return {
      inspect: () => ({ pieces }),
      panels: [
        {
          id: "pieces",
          title: "Pieces",
          read: () => ({
            columns: [
              { id: "worker", label: "Worker" },
              { id: "pieces", label: "Pieces", kind: "number" },
            ],
            rows: [{ id: address, cells: { worker: address, pieces } }],
          }),
        },
      ],
      operations: {
        work({ piece }, { log }) {
          pieces += 1;
          log.info({ piece }, "worked");
          return { piece };
        },
        async hand({ to }, ctx) {
          const ref = ctx.ref(workers);
          for (const [piece, one] of to.entries()) await ref.at(one).work({ piece });
        },
        hold: (_, { signal }) =>
          new Promise<void>((_, reject) => {
            signal.addEventListener("abort", () => reject(signal.reason), { once: true });
          }),
      },
    };
  },
});
