import { call, contract, paged } from "@reeve/contract";
import { z } from "zod";
import {
  ActorDescription,
  ActorInfo,
  ActorStatus,
  AuditRecord,
  CallInfo,
  CastId,
  CastInfo,
  CastState,
  CleanupInfo,
  Cordon,
  Count,
  DeadAddress,
  Level,
  LogLevelInfo,
  LogLines,
  LogQuery,
  ManagerDescription,
  ManagerKind,
  ManagerName,
  ManagerSummary,
  Milliseconds,
  Reason,
  WorkersInfo,
  WorkInfo,
  WorkState,
} from "./schemas.ts";

/** Each role includes what the ones before it may, by being listed. */
const viewer = ["viewer", "operator", "admin"] as const;
const operator = ["operator", "admin"] as const;
const admin = ["admin"] as const;

const NO_SUCH_MANAGER = z.object({ manager: z.string(), managers: z.array(z.string()) });
/** Another incarnation took the place of the one that was looked at. */
const REPLACED = z.object({ manager: z.string(), epoch: z.number() });
const FAILED = z.object({ manager: z.string(), reason: z.string(), message: z.string() });

const named = { NO_SUCH_MANAGER } as const;
const acted = { ...named, REPLACED } as const;

const Target = z.object({
  manager: ManagerName,
  epoch: z
    .number()
    .int()
    .min(0)
    .optional()
    .describe("Of the incarnation that is meant: one that took its place is left alone"),
});
const CallFilter = z.object({ manager: ManagerName.optional() });
const FlightFilter = CallFilter.extend({
  find: z
    .string()
    .max(200)
    .optional()
    .describe("Of manager, operation, caller, user, tenant or request: what one of them has in it, in whatever case"),
});
const CastFilter = z.object({
  state: CastState.optional(),
  manager: z.string().max(255).optional().describe("The name of the contract that is called"),
  operation: z.string().max(255).optional(),
});
const WorkFilter = CallFilter.extend({ state: WorkState.optional() });
const ActorFilter = CallFilter.extend({ machine: z.string().max(100).optional(), status: ActorStatus.optional() });
const NO_SUCH_ACTOR = z.object({ machine: z.string(), id: z.string() });
const NO_SUCH_CAST = z.object({ id: z.string() });
const aCast = { route: "address", input: z.object({ id: CastId, reason: Reason }), output: CastInfo } as const;

/** A drain may take its whole time, and a start another. */
const longest = "3m";

/**
 * What is done to a host and its managers. Each host answers for itself, at its own address.
 *
 * | role | may |
 * |---|---|
 * | `viewer` | `list`, `describe`, `calls`, `work`, `casts`, `actors`, `describeActor`, `counts`, `audit`, `logLevel`, `payload` |
 * | `operator` | all of that; `start`, `drain`, `restart`, `reset`, `logs`, `setLogLevel`, `cordon`, `uncordon`, `cancel`, `cleanup`, `replayCast`, `dropCast` |
 * | `admin` | all of that; `kill` |
 *
 * Roles of other processes are believed as everywhere: from `trustedForwarders`. What acts, `payload` and `logs` are refused to
 * other processes unless the host says `remoteOperators`.
 *
 * @example
 * ```ts
 * const host = supervisor.ref(hosts).at("block-01");
 * for await (const { name, state } of host.list.each({})) console.log(name, state);
 * await host.cordon({ manager: "volume/block-01@ssd", reason: "its disk is replaced" });
 * ```
 */
export const hosts = contract(
  "host",
  "1.0",
  {
    list: paged({ route: "address", filter: CallFilter, item: ManagerSummary, roles: viewer, timeout: "10s" }),
    describe: call({
      route: "address",
      input: z.object({ manager: ManagerName }),
      output: ManagerDescription,
      errors: named,
      roles: viewer,
      idempotent: true,
      timeout: "10s",
    }),
    calls: paged({
      route: "address",
      filter: FlightFilter,
      item: CallInfo,
      errors: named,
      roles: viewer,
      timeout: "10s",
    }),
    work: paged({ route: "address", filter: WorkFilter, item: WorkInfo, roles: viewer, timeout: "10s" }),
    casts: paged({ route: "address", filter: CastFilter, item: CastInfo, roles: viewer, timeout: "10s" }),
    actors: paged({
      route: "address",
      filter: ActorFilter,
      item: ActorInfo,
      errors: named,
      roles: viewer,
      timeout: "10s",
    }),
    describeActor: call({
      route: "address",
      input: z.object({ manager: ManagerName, machine: z.string().max(100), id: z.string().max(200) }),
      output: ActorDescription,
      errors: { ...named, NO_SUCH_ACTOR },
      roles: viewer,
      idempotent: true,
      timeout: "10s",
    }),
    counts: call({
      route: "address",
      input: z.object({}),
      output: z.object({ counts: z.array(Count), workers: WorkersInfo.describe("Runs in worker threads") }),
      roles: viewer,
      idempotent: true,
      timeout: "10s",
    }),
    audit: paged({ route: "address", filter: CallFilter, item: AuditRecord, roles: viewer, timeout: "10s" }),
    payload: call({
      route: "address",
      input: z.object({ instance: z.string().max(100), seq: z.number().int().min(0) }),
      output: z.object({ gone: z.boolean(), payload: z.unknown() }),
      roles: viewer,
      idempotent: true,
      timeout: "10s",
    }),
    start: call({
      route: "address",
      input: z.object({ manager: ManagerName }),
      output: ManagerSummary,
      errors: { ...named, START_FAILED: FAILED },
      roles: operator,
      idempotent: true,
      timeout: longest,
    }),
    drain: call({
      route: "address",
      input: Target,
      output: ManagerSummary,
      errors: acted,
      roles: operator,
      timeout: longest,
    }),
    restart: call({
      route: "address",
      input: Target,
      output: ManagerSummary,
      errors: { ...acted, START_FAILED: FAILED },
      roles: operator,
      timeout: longest,
    }),
    reset: call({
      route: "address",
      input: Target.partial()
        .refine(({ manager, epoch }) => manager !== undefined || epoch === undefined, {
          error: "expected a manager: an epoch is of one",
          path: ["manager"],
        })
        .describe("Without a manager: every one of the host"),
      errors: { ...acted, RESET_FAILED: z.object({ failures: z.array(FAILED) }) },
      roles: operator,
      timeout: longest,
    }),
    kill: call({ route: "address", input: Target, errors: acted, roles: admin }),
    logLevel: call({ route: "address", input: z.object({}), output: LogLevelInfo, roles: viewer, idempotent: true }),
    setLogLevel: call({
      route: "address",
      input: z.object({
        level: Level,
        forMs: Milliseconds.optional().describe("Goes back to what it was after so long. Default: it stays"),
      }),
      output: LogLevelInfo,
      errors: { LOG_LEVEL_FIXED: z.object({ host: z.string() }) },
      roles: operator,
    }),
    logs: call({
      route: "address",
      input: LogQuery,
      output: LogLines,
      roles: operator,
      idempotent: true,
      timeout: "10s",
    }),
    cordon: call({
      route: "address",
      input: z.object({ manager: ManagerName, reason: Reason }),
      output: Cordon,
      errors: named,
      roles: operator,
    }),
    uncordon: call({ route: "address", input: z.object({ manager: ManagerName }), errors: named, roles: operator }),
    cleanup: call({
      route: "address",
      input: z.object({ manager: ManagerKind, address: DeadAddress, reason: Reason }),
      output: CleanupInfo,
      errors: {
        NO_SUCH_ADDRESS: z.object({ manager: z.string(), address: z.string() }),
        STILL_THERE: z.object({ manager: z.string(), address: z.string(), why: z.string() }),
        CANNOT_CLEAN_UP: z.object({ manager: z.string(), why: z.string() }),
      },
      roles: operator,
      timeout: longest,
    }),
    cancel: call({
      route: "address",
      input: z.object({ id: z.string().max(100), reason: Reason.optional() }),
      output: CallInfo.extend({ outcome: z.enum(["not-executed", "maybe-executed"]) }),
      errors: { NO_SUCH_CALL: z.object({ id: z.string() }) },
      roles: operator,
    }),
    replayCast: call({
      ...aCast,
      errors: { NO_SUCH_CAST, CAST_NOT_DEAD: z.object({ id: z.string(), state: CastState }) },
      roles: operator,
    }),
    dropCast: call({
      ...aCast,
      errors: { NO_SUCH_CAST, CAST_UNDER_WAY: z.object({ id: z.string(), state: CastState }) },
      roles: operator,
    }),
  },
  { access: "listed" },
);
export type Hosts = typeof hosts;

/** What only looks: other processes may, with the role, whatever the host says of remote operators. */
export const readingOperations: ReadonlySet<string> = new Set([
  "list",
  "describe",
  "calls",
  "work",
  "casts",
  "actors",
  "describeActor",
  "counts",
  "audit",
  "logLevel",
]);
