import { call, contract, stream } from "@reeve/contract";
import { z } from "zod";

const Id = z.object({ id: z.string() });

/** Copies step by step, as it is told from outside. */
export const copiers = contract("copier", "1.0", {
  copy: stream({ input: Id, progress: z.number(), output: z.string(), timeout: "5m" }),
  /** The same, begun with a row in its store. */
  keep: stream({ input: Id, progress: z.number(), output: z.string(), timeout: "5m", dedupe: "store" }),
  /** The same as journalled work. */
  record: stream({ input: Id, progress: z.number(), output: z.string(), timeout: "5m", dedupe: "store" }),
  /** Waits until the copy is done. */
  wait: call({ input: Id, output: z.string(), timeout: "5m" }),
  /** So many more steps. */
  advance: call({ input: Id.extend({ steps: z.number() }) }),
  finish: call({ input: Id }),
  /** What its store holds: the id and the life of each. */
  records: call({ input: z.object({}), output: z.array(z.string()) }),
});

export const ada = { user: "ada", tenant: "a", roles: [] };
