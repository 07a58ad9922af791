import { z } from "zod";
import { NO_NEWS } from "../scheduler/contract.ts";
import { Rejection } from "../scheduler/explanation.ts";
import { ResourceId } from "./resource.ts";

/** The resource is in a status that does not allow it. For the `errors` of an operation. */
export const WRONG_STATUS = z.object({ status: z.string() });

/**
 * What an operation declares that calls `placeAndBuild`.
 *
 * - `NO_HOST`: none fits, as the scheduler said it; nothing was made.
 * - `NO_NEWS`: it is not known whether one fits; nothing was made.
 * - `BUILD_FAILED`: every attempt failed; the resource stays, in `error`.
 *
 * @example
 * ```ts
 * create: call({ input: NewVolume, output: Volume, dedupe: "store", errors: { QUOTA_EXCEEDED, ...placementErrors } }),
 * ```
 */
export const placementErrors = {
  NO_HOST: {
    code: "RESOURCE_EXHAUSTED",
    data: z.object({ considered: z.number(), rejections: z.array(Rejection) }),
  },
  NO_NEWS,
  BUILD_FAILED: {
    code: "UNAVAILABLE",
    data: z.object({ id: ResourceId, attempts: z.array(z.object({ address: z.string(), why: z.string() })) }),
  },
} as const;
