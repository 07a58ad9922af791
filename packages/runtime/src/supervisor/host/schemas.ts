import { z } from "zod";
import { isAddress } from "../../config/index.ts";
import { logLevels } from "../../telemetry/logger.ts";
import { longestManagerName, managerNamePattern } from "./manager-name.ts";

/** `manager/address`: `volume/block-01@ssd`. */
export const ManagerName = z.string().max(longestManagerName).regex(managerNamePattern, {
  error: 'expected manager/address, as in "volume/block-01@ssd"',
});

const Text = z.string();
/** Milliseconds since 1970. */
const Time = z.number();

export const Cordon = z.object({
  reason: Text.describe("Why nothing is to be placed on it"),
  by: Text.describe("The user who said so"),
  at: Time,
});
export type Cordon = z.output<typeof Cordon>;

export const ManagerSummary = z.object({
  name: ManagerName,
  manager: Text,
  address: Text,
  version: Text,
  cluster: Text.nullable(),
  state: z.enum(["booting", "preRpc", "serving", "degraded", "resetting", "draining", "stopped", "failed"]),
  phase: z.enum(["warmingUp", "ready"]).nullable().describe("Within serving"),
  supervision: z
    .enum([
      ...(["absent", "starting", "failed", "running", "backingOff", "replacing", "restarting", "superseded"] as const),
      ...(["stopping", "stopped", "leaving", "gone"] as const),
    ])
    .describe(
      "Whether another life follows: stopped until it is started, backingOff and restarting between two, superseded until another process is gone",
    ),
  causes: z.array(z.object({ reason: Text, message: Text })),
  failure: Text.nullable().describe("What ended it, in failed"),
  epoch: z.number().describe("Of the present incarnation; 0 before it has registered"),
  inFlight: z.number().describe("Calls that run"),
  queued: z.number().describe("Calls that wait"),
  calls: z.number().describe("Calls taken in since the incarnation began"),
  errors: z.number().describe("Of these, how many failed"),
  cordon: Cordon.nullable(),
});
export type ManagerSummary = z.output<typeof ManagerSummary>;

export const Principal = z.object({ user: Text, tenant: Text.nullable(), roles: z.array(Text) });

export const CallInfo = z.object({
  id: Text.describe("Names this one call on this host, for cancel"),
  manager: ManagerName,
  operation: Text,
  requestId: Text.describe("Shared by all calls that follow from one outer call"),
  caller: Text.describe("Who called, as the transport knows it: a host, or the manager/address whose operation did"),
  remote: z.boolean().describe("It came from another process"),
  principal: Principal,
  stage: z
    .enum(["start", "lane", "turn", "running"])
    .describe("Waits for the manager to start, for its lane or for a slot; or its handler runs"),
  awaited: z.boolean().describe("False where its caller has given up and its handler goes on"),
  lane: Text.nullable(),
  resource: Text.nullable().describe("What its journalled work is about, or its lane"),
  ageMs: z.number(),
  deadlineInMs: z.number().nullable().describe("Negative once it has passed; null where nothing bounds it"),
});
export type CallInfo = z.output<typeof CallInfo>;

export const ActorStatus = z.enum(["active", "done", "error", "failed"]);

export const ActorInfo = z.object({
  manager: ManagerName,
  machine: Text,
  id: Text,
  status: ActorStatus.describe(
    "done and error: its machine has come to its end; failed: it stands still until its manager starts anew",
  ),
  state: Text.nullable().describe("Where its machine is; several states at once as JSON"),
  dueAt: Time.nullable().describe("When its next delay fires, or it is purged after its end"),
  lastError: Text.nullable(),
  createdAt: Time,
  changedAt: Time,
});
export type ActorInfo = z.output<typeof ActorInfo>;

export const ActorDescription = ActorInfo.extend({
  context: z.unknown().describe("Without what a schema of its manager marks as secret"),
  delays: z.array(z.object({ event: Text, dueAt: Time })),
});
export type ActorDescription = z.output<typeof ActorDescription>;

export const ManagerKind = z.string().regex(/^[a-z][A-Za-z0-9-]{0,62}$/, {
  error: 'expected the name of a contract, as in "volume"',
});

export const DeadAddress = z.string().refine(isAddress, {
  error: 'expected "host" or "host@backend", as in "block-02@ssd"',
});

export const CleanupInfo = z.object({
  epoch: z.number().describe("What lived there writes nothing any more: its epochs are lower"),
  rows: z
    .array(
      z.object({
        id: Text,
        kind: Text,
        resource: Text,
        outcome: z
          .enum(["finished", "failed", "left"])
          .describe("failed: this host tries again; left: only that address can finish it"),
        why: Text.nullable().describe("Why it is not finished"),
      }),
    )
    .describe("The first 1,000 rows of its work journal"),
  casts: z.number().describe("Durable casts that this host delivers from now on"),
});

const WaitingFor = z.object({ driver: Text, method: Text, since: Text });

export const WorkState = z
  .enum(["failed", "left", "running"])
  .describe(
    "failed: its recovery has failed and is tried again, or waits; left: who held it lives no more, and nobody has claimed it; running: all else",
  );

export const WorkInfo = z.object({
  id: Text,
  manager: ManagerName.describe("Who answers for it now"),
  kind: Text,
  resource: Text.describe("What is being done to"),
  state: WorkState,
  begunBy: Text.describe("The address that began it"),
  begunAt: Time,
  failures: z.number().describe("How many attempts to recover it failed"),
  lastError: Text.nullable().describe("What the last of them failed with"),
  nextAt: Time.nullable().describe("Of a failed one: when it is tried next; null while it is, or waits for a call"),
  waitingFor: WaitingFor.nullable().describe("The driver call that has to come to rest first"),
  user: Text.nullable().describe("On whose behalf it was begun; null where no call began it"),
  tenant: Text.nullable(),
});
export type WorkInfo = z.output<typeof WorkInfo>;

export const CastState = z
  .enum(["waiting", "sent", "done", "dead"])
  .describe(
    "waiting: for its time, its lane or its next try; sent: its answer is awaited; done: until its callee knows; dead: given up",
  );
export type CastState = z.output<typeof CastState>;

export const CastInfo = z.object({
  id: Text.describe("Of this cast, for replayCast and dropCast"),
  holder: Text.describe("Who made it: manager/address, or the host's name"),
  manager: Text.describe("The contract that it calls"),
  operation: Text,
  address: Text.nullable().describe("Where it was sent; null before that"),
  lane: Text.nullable(),
  state: CastState,
  user: Text.describe("On whose behalf it is made"),
  tenant: Text.nullable(),
  requestId: Text.nullable(),
  createdAt: Time,
  dueAt: Time,
  attempts: z.number(),
  nextAt: Time.nullable().describe("When it is tried next"),
  reason: Text.nullable().describe("Of a dead one: why"),
  lastError: Text.nullable().describe("What its last try was told"),
});
export type CastInfo = z.output<typeof CastInfo>;

export const CastId = z.string().min(1).max(64);

const Turn = z.object({
  runs: z.number(),
  errors: z.number(),
  skipped: z.number(),
  lastMs: z.number().nullable(),
  runningMs: z.number().nullable(),
  nextInMs: z.number().nullable(),
});

const Method = z.object({ calls: z.number(), errors: z.number(), totalMs: z.number(), maxMs: z.number() });

export const DriverInfo = z.object({
  name: Text,
  version: Text.nullable().describe("As its author says"),
  state: z
    .enum(["ready", "checking", "shut", "setting up", "lost", "resting"])
    .describe("checking: it is ready, and is asked whether it still is; shut: it is ready, and nobody may call it"),
  since: Time.describe("Since when it may be called, or may not"),
  healthy: z.boolean(),
  cause: Text.nullable().describe("Why it is not healthy"),
  waitedFor: z.array(Text).describe("What calls wait for in it now, the oldest first"),
  running: z.number(),
  waiting: z.number(),
  hung: z.number().describe("Calls that ignored their abort and still hold a slot"),
  losses: z.number(),
  methods: z.record(Text, Method),
});

const Held = z.object({
  resource: Text,
  kind: Text,
  waitingFor: WaitingFor,
});

const Cell = z.union([z.string(), z.number(), z.boolean(), z.null()]);
const Panel = z.object({
  id: Text,
  title: Text,
  columns: z.array(z.object({ id: Text, label: Text, kind: Text.optional() })),
  rows: z.array(z.object({ id: Text, cells: z.record(Text, Cell), detail: z.unknown().optional() })),
  totals: z
    .array(z.object({ id: Text, state: Text, count: z.number(), since: Time.optional() }))
    .optional()
    .describe("How many there are in each state, and since when the oldest is"),
});

export const ManagerDescription = ManagerSummary.extend({
  own: z.unknown().describe("What its inspect() shows, cut to size"),
  panels: z.array(Panel),
  periodic: z.record(Text, Turn),
  driver: DriverInfo.nullable(),
  work: z
    .object({
      running: z.number(),
      held: z.array(Held).describe("The oldest 50 that wait for a driver call to come to rest"),
    })
    .nullable()
    .describe("Its work journal; null where it has no store"),
  inFlightCalls: z.array(CallInfo).describe("The oldest 50; calls has them all"),
});
export type ManagerDescription = z.output<typeof ManagerDescription>;

export const AuditRecord = z.object({
  at: Time,
  operation: Text,
  manager: Text.nullable(),
  detail: Text.nullable().describe("The reason of a cordon, the new log level, the cancelled call, the cast"),
  user: Text,
  tenant: Text.nullable(),
  peer: Text.describe("Who called, as the transport knows it"),
  remote: z.boolean(),
  requestId: Text.nullable(),
  outcome: z.enum(["running", "done", "failed", "refused"]),
  error: z.object({ reason: Text, message: Text }).nullable(),
  tookMs: z.number().nullable(),
  times: z.number().describe("How many like it this one stands for: refusals of one caller are counted"),
});
export type AuditRecord = z.output<typeof AuditRecord>;

export const Count = z.object({
  name: Text.describe(
    "members.ignored, members.conflicts, capabilities.ignored, inspection.ignored, services.unanswered or casts.unknown",
  ),
  labels: z.record(Text, Text).describe("kind: why"),
  value: z.number().describe("So often since the host began"),
});

export const WorkersInfo = z.object({
  running: z.number(),
  queued: z.number(),
  size: z.number().describe("As many run at once at most"),
});

export const Level = z.enum(logLevels);

export const LogLevelInfo = z.object({
  level: Level.nullable().describe("Null where the host was given a logger of its own"),
  revertsTo: Level.nullable(),
  revertsInMs: z.number().nullable(),
});
export type LogLevelInfo = z.output<typeof LogLevelInfo>;

const LineLevel = Level.exclude(["silent"]);

export const LogQuery = z.object({
  least: LineLevel.default("debug").describe("Lines of lower levels are left out"),
  manager: ManagerName.optional().describe("Lines of others are left out"),
  after: z
    .number()
    .int()
    .min(0)
    .max(Number.MAX_SAFE_INTEGER)
    .optional()
    .describe("The next lines after this number. Default: the newest ones"),
  limit: z.number().int().min(1).max(1_000).default(100),
});
export type LogQuery = z.output<typeof LogQuery>;

const LogFields = z.record(Text, z.unknown());

export const LogLine = z.object({
  number: z.number().describe("Counts up from 1 since the host began"),
  at: Time,
  level: LineLevel,
  manager: Text.nullable().describe("manager/address; null for what the host logs of itself"),
  message: Text,
  error: LogFields.nullable().describe("Its name, message, reason, stack and causes"),
  fields: LogFields.describe("What else its line has: the request, the operation, …"),
  cut: z.boolean().describe("It is longer than 8,192 characters: texts are cut, and fields left out"),
});
export type LogLine = z.output<typeof LogLine>;

export const LogLines = z.object({
  kept: z.boolean().describe("False where the host was given a logger of its own, whose lines it does not know"),
  lines: z.array(LogLine).describe("The oldest first"),
  upTo: z.number().describe("All lines up to this number were looked at: `after` of the next question"),
  missed: z.number().describe("Lines after `after`, of whatever level and manager, that are not kept any more"),
});
export type LogLines = z.output<typeof LogLines>;

export const Reason = z.string().trim().min(1).max(500);
/** At most 24 days, as long as timers go. */
export const Milliseconds = z.number().int().min(1).max(2_147_483_647);
