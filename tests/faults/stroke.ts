import { call, contract } from "@reeve/contract";
import { z } from "zod";

/** Nothing keeps a call from running twice but who may take it. */
export const strokes = contract("stroke", "1.0", {
  strike: call({ input: z.object({ key: z.string() }), timeout: "30s" }),
});
