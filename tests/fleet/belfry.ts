import { call, contract } from "@reeve/contract";
import { z } from "zod";

/** Struck in whatever process lives at an address. Nothing keeps a stroke from being done twice. */
export const belfries = contract("belfry", "1.0", {
  strike: call({ input: z.object({ n: z.number() }), output: z.string(), timeout: "20s" }),
});
