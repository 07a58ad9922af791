// What callers know: names, inputs, answers and errors. Nothing here runs.
import { call, cast, contract, paged, stream } from "@reeve/contract";
import { z } from "zod";

export const Volume = z.object({
  id: z.string(),
  name: z.string(),
  sizeGiB: z.number().int().positive(),
  status: z.enum(["creating", "available", "deleting", "error"]),
  host: z.string(),
});
const Id = z.object({ id: z.string() });

export const volumes = contract("volume", "1.2", {
  create: call({
    input: z.object({ name: z.string().min(1), sizeGiB: z.number().int().positive() }),
    output: Volume,
    dedupe: "store", // the same idempotency key creates once, whatever crashes
    errors: { QUOTA_EXCEEDED: z.object({ limitGiB: z.number() }) },
    timeout: "60s",
  }),
  build: call({ route: "address", input: Volume, output: Volume }), // only `.at(address)` offers it
  get: call({ input: Id, output: Volume, idempotent: true }),
  list: paged({ filter: z.object({ status: Volume.shape.status.optional() }), item: Volume }),
  extend: call({
    route: "owner", // goes to whoever holds the volume
    since: "1.1",
    input: Id.extend({ sizeGiB: z.number().int().positive() }),
    output: Volume,
    lane: ({ id }) => id, // one call for a volume at a time
  }),
  delete: call({ route: "owner", input: Id, lane: ({ id }) => id }),
  copy: stream({
    route: "owner",
    since: "1.2",
    input: Id,
    progress: z.object({ percent: z.number() }),
    output: Volume,
    errors: { CANNOT_COPY: z.object({ host: z.string() }) },
    lane: ({ id }) => id,
    timeout: "1h",
  }),
  rescan: cast({ input: z.object({}) }),
});
