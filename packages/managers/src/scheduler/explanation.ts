import { z } from "zod";

const count = z.number().int().nonnegative();

/** How many hosts one filter turned away that those before it had let pass. */
export const Rejection = z.object({
  filter: z.string(),
  hosts: count,
  /** Some of them, by address. */
  examples: z.array(z.string()),
});
export type Rejection = z.infer<typeof Rejection>;

/** A host that would fit, by what was last known of it, and why there is no fresh news of it. */
export const Unheard = z.object({
  address: z.string(),
  /** Its supervisor was not heard of for too long; it has not been ready yet in this life; its measurement is too old. */
  why: z.enum(["silent", "starting", "stale"]),
});
export type Unheard = z.infer<typeof Unheard>;

/** How one candidate was weighed. */
export const Ranked = z.object({
  address: z.string(),
  score: z.number(),
  weights: z.array(
    z.object({
      weigher: z.string(),
      /** What the weigher said. */
      value: z.number(),
      /** The value from 0 (lowest of all candidates) to 1 (highest), times the weigher's multiplier. */
      score: z.number(),
    }),
  ),
});
export type Ranked = z.infer<typeof Ranked>;

/** Why a placement went where it went. */
export const Explanation = z.object({
  request: z.string(),
  manager: z.string(),
  /** Null when no host fitted. */
  address: z.string().nullable(),
  decidedMsAgo: z.number(),
  /** Hosts of that manager known at the time. */
  considered: count,
  rejections: z.array(Rejection),
  candidates: count,
  /** Candidates with the best score; one of them was drawn. */
  tied: count,
  /** The best few, the chosen one first. */
  ranking: z.array(Ranked),
});
export type Explanation = z.infer<typeof Explanation>;
