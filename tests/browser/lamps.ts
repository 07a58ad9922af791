import { call, contract } from "@reeve/contract";
import { defineManager } from "@reeve/runtime";
import { z } from "zod";

export const lamps = contract("lamp", "1.0", {
  on: call({ input: z.object({ room: z.string() }), output: z.object({ room: z.string() }) }),
  /** Has one lamp after the other light the room. */
  chain: call({ input: z.object({ room: z.string(), through: z.array(z.string()) }), timeout: "10m" }),
  blow: call({ input: z.object({ fuse: z.string() }), errors: { FUSE_BLOWN: z.object({ fuse: z.string() }) } }),
  hold: call({ input: z.object({}), timeout: "10m" }),
});

export const lampManager = defineManager({
  contract: lamps,
  setup: () => ({
    operations: {
      on: ({ room }) => ({ room }),
      async chain({ room, through: [next, ...through] }, ctx) {
        if (next === undefined) return;
        await ctx.ref(lamps).at(next).chain({ room, through });
      },
      blow: ({ fuse }, ctx) => ctx.fail("FUSE_BLOWN", { fuse }),
      hold: (_, { signal }) =>
        new Promise<void>((_, reject) => {
          signal.addEventListener("abort", () => reject(signal.reason), { once: true });
        }),
    },
  }),
});
