import { call, contract } from "@reeve/contract";
import { z } from "zod";

export const quarry = contract("quarry", "1.0", {
  dig: call({ input: z.object({}), output: z.number(), timeout: "30s" }),
});
