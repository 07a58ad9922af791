import { call, contract } from "@reeve/contract";
import { z } from "zod";

const Key = z.object({ key: z.string() });

/** Kept by a process that dies while it is called. */
export const vaults = contract("vault", "1.0", {
  /** Its store keeps it from being done twice. */
  put: call({ input: Key, output: z.string(), dedupe: "store", timeout: "30s" }),
  /** Its author says that twice is harmless. */
  look: call({ input: Key, output: z.string(), idempotent: true, timeout: "30s" }),
  /** Nothing keeps it from being done twice. */
  burn: call({ input: Key, output: z.string(), timeout: "30s" }),
  kept: call({ input: z.object({}), output: z.array(z.string()) }),
});
