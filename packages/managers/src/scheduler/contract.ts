import { call, contract, paged } from "@reeve/contract";
import { z } from "zod";
import { Explanation, Rejection, Unheard } from "./explanation.ts";
import { Condition } from "./requirement.ts";

const Name = z.string().min(1).max(63);
const Address = z.string().min(1).max(127);
/** Names one placement, for ever: the id of what is placed. */
const RequestId = z.string().min(1).max(128);
const Identity = z.string().min(1).max(64);
const longestHoldMs = 7 * 86_400_000;

export const PlaceRequest = z.strictObject({
  /** The contract of the managers to choose from. */
  manager: Name,
  request: RequestId,
  /** How much of each resource is taken: `{ sizeGiB: 10 }`. */
  needs: z.record(Name, z.number().positive().finite()).default({}),
  /** Labels that the host must have. */
  labels: z.record(z.string().min(1).max(63), z.string().max(255)).default({}),
  /** What capabilities must be, by name or dotted path. */
  requires: z.record(z.string().min(1).max(255), Condition).default({}),
  availabilityZone: Name.optional(),
  /** Addresses not to choose: those where it was tried and failed. */
  exclude: z.array(Address).max(10_000).default([]),
  /** How long the reservation stands unless confirmed, in milliseconds, up to a week. Default: the scheduler's `holdFor`. */
  holdMs: z.number().int().positive().max(longestHoldMs).optional(),
});
export type PlaceRequest = z.infer<typeof PlaceRequest>;

/** No host can be chosen for want of fresh news: `hosts` names some that would fit. None is known where it is empty. */
export const NO_NEWS = {
  code: "UNAVAILABLE",
  retryable: true,
  data: z.object({ considered: z.number(), hosts: z.array(Unheard) }),
} as const;

const Resource = z.object({
  total: z.number(),
  /** What can still be placed, standing reservations taken off. */
  free: z.number(),
  /** What reservations hold that reports do not show yet. */
  reserved: z.number(),
});

export const Host = z.object({
  manager: z.string(),
  /** What is placed on: of members of a cluster, the cluster's address. */
  address: z.string(),
  cluster: z.string().nullable(),
  /** The addresses that report it, first the one that speaks for it; of a host without a cluster its own. */
  members: z.array(z.string()),
  /** What it said last, or `lost` when its supervisor was not heard of for longer than `downAfter`. */
  status: z.string(),
  epoch: z.number(),
  /** How old the measurement is that placement goes by. */
  measuredMsAgo: z.number(),
  /** When its supervisor was last heard of. */
  heardMsAgo: z.number(),
  resources: z.record(z.string(), Resource),
  /** How many things it holds, reservations included. */
  allocated: z.number(),
  capabilities: z.record(z.string(), z.unknown()),
  /** Filters that turn it away whatever is asked for; empty when work can be placed on it. */
  excludedBy: z.array(z.string()),
});
export type Host = z.infer<typeof Host>;

/** Chooses where things are made. Any number of schedulers may share the work; none places what another has promised. */
export const scheduler = contract("scheduler", "1.0", {
  /**
   * Chooses an address and reserves what is needed there. Before the first report of that manager has come, it waits; when
   * nothing but a reset keeps a host from being chosen, until that is over; and when there is no fresh news of hosts that would
   * fit, it asks for reports and waits for them. It answers before its caller's deadline.
   * `NO_HOST`: none fits. `NO_NEWS`: it is not known whether one does; ask again.
   * The same request gets the same address and a fresh reservation, unless that address is excluded now.
   * `REQUEST_REUSED`: the request stands for other needs, or for another manager.
   */
  place: call({
    input: PlaceRequest,
    output: Address,
    idempotent: true,
    errors: {
      NO_HOST: {
        code: "RESOURCE_EXHAUSTED",
        data: z.object({ considered: z.number(), rejections: z.array(Rejection) }),
      },
      NO_NEWS,
      REQUEST_REUSED: { code: "ALREADY_EXISTS", data: z.object({ request: z.string(), address: z.string() }) },
    },
  }),
  /**
   * What was placed is there and stays. The reservation stands until the host's reports show it: from the measurement
   * `capabilities.visibleFrom()` on. False when there is no such reservation (any more).
   */
  confirm: call({
    input: z.strictObject({
      request: RequestId,
      // Passed on as a host's runtime made it: a newer one may say more.
      visibleFrom: z.object({
        epoch: z.number().int().nonnegative(),
        count: z.number().int().nonnegative(),
        // Absent in what an older runtime measured.
        incarnation: Identity.optional(),
        store: Identity.optional(),
      }),
    }),
    output: z.object({ held: z.boolean() }),
    idempotent: true,
  }),
  /** What was placed is not there and will not be. False when there was no reservation. */
  release: call({
    input: z.strictObject({ request: RequestId }),
    output: z.object({ held: z.boolean() }),
    idempotent: true,
  }),
  /** The hosts this scheduler knows, by manager and address, and why work cannot be placed on some. */
  hosts: paged({
    filter: z.strictObject({
      manager: Name.optional(),
      /** Only those on which work can, or cannot, be placed. */
      eligible: z.boolean().optional(),
    }),
    item: Host,
  }),
  /** Why a recent placement went where it went. Each scheduler remembers its own: `.all()` asks them all. */
  explain: call({
    input: z.strictObject({ request: RequestId }),
    output: Explanation,
    idempotent: true,
    errors: { UNKNOWN_PLACEMENT: { code: "NOT_FOUND", data: z.object({ request: z.string() }) } },
  }),
});
