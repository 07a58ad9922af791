import { call, contract } from "@reeve/contract";
import { defineManager } from "@reeve/runtime";
import { z } from "zod";

export const sums = contract("sums", "1.0", {
  add: call({ input: z.object({ a: z.number(), b: z.number() }), output: z.number() }),
  hang: call({ input: z.object({}), timeout: "1s" }),
});

/** Adds; `hang` never settles. */
export const sumsManager = defineManager({
  contract: sums,
  setup: () => ({ operations: { add: async ({ a, b }) => a + b, hang: () => new Promise<void>(() => {}) } }),
});
