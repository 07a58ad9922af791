import { z } from "zod";

/** The answers of ADR-32 as nats.go's `micro` package declares them, which `nats micro` decodes into: unknown fields are a mistake here. */
const name = z.string().regex(/^[a-zA-Z0-9_-]+$/);
const semver = z.string().regex(/^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)$/);
/** Go's int and time.Duration. */
const integer = z.number().int().min(0);
const identity = { name, id: z.string().min(1), version: semver, metadata: z.record(z.string(), z.string()) };
const place = { name: z.string().min(1), subject: z.string().min(1), queue_group: z.string() };

export const ping = z.strictObject({ type: z.literal("io.nats.micro.v1.ping_response"), ...identity });

export const info = z.strictObject({
  type: z.literal("io.nats.micro.v1.info_response"),
  ...identity,
  description: z.string(),
  endpoints: z.array(z.strictObject({ ...place, metadata: z.record(z.string(), z.string()) })),
});

export const stats = z.strictObject({
  type: z.literal("io.nats.micro.v1.stats_response"),
  ...identity,
  started: z.iso.datetime(),
  endpoints: z.array(
    z.strictObject({
      ...place,
      num_requests: integer,
      num_errors: integer,
      last_error: z.string(),
      processing_time: integer,
      average_processing_time: integer,
      data: z.unknown().optional(),
    }),
  ),
});
