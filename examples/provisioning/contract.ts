import { call, contract, paged } from "@reeve/contract";
import { z } from "zod";

export const Server = z.object({
  id: z.string(),
  model: z.string(),
  state: z.enum(["racking", "overdue", "imaging", "pausing", "failed", "testing", "approval", "ready"]),
  attempts: z.number().int(),
  /** Why its last image could not be written. */
  error: z.string().nullable(),
  approvedBy: z.string().nullable(),
});
export type Server = z.infer<typeof Server>;

const Id = z.object({ id: z.string().min(1) });
const errors = { NOT_WAITING: z.object({ state: z.string() }) };

export const servers = contract("server", "1.0", {
  order: call({ input: Id.extend({ model: z.string().min(1) }), output: Server, dedupe: "store" }),
  racked: call({ input: Id, output: Server, errors, lane: ({ id }) => id }),
  /** An operator has looked at it: that may take days. */
  approve: call({ input: Id, output: Server, errors, lane: ({ id }) => id }),
  /** Tries the image of a failed one again. */
  retry: call({ input: Id, output: Server, errors, lane: ({ id }) => id }),
  get: call({ input: Id, output: Server, idempotent: true, errors: { NO_SERVER: z.object({ id: z.string() }) } }),
  list: paged({ filter: z.object({}), item: Server }),
});
