import { call, contract, stream } from "@reeve/contract";
import { z } from "zod";

const Job = z.object({
  key: z.string(),
  holdMs: z.number().default(0),
  /** Runs until its server is told to release it. */
  held: z.boolean().default(false),
});

/** What every fault is tried on: its server writes each run of a key to a file that a checker reads. */
export const works = contract("work", "1.0", {
  run: call({ input: Job, output: z.string(), timeout: "20s" }),
  /** Ends with its signal, as a handler should. */
  tend: call({ input: Job, output: z.string(), timeout: "20s" }),
  /** Nobody keeps a second run of it out: the negative control. */
  repeat: call({ input: Job, output: z.string(), idempotent: true, timeout: "20s" }),
  /** Runs without a trace, for figures of speed. */
  hold: call({ input: z.object({ ms: z.number() }), timeout: "20s" }),
  /** Takes so much processor time, all of it at once. */
  burn: call({ input: z.object({ ms: z.number() }), timeout: "20s" }),
  fail: call({ input: z.object({ how: z.enum(["throws", "rejects", "never settles"]) }), timeout: "20s" }),
  watch: stream({ input: z.object({}), progress: z.number(), timeout: "120s" }),
  standing: call({ input: z.object({}), output: z.object({ open: z.number(), heapBytes: z.number() }) }),
});
