export { type HeldWork, type WaitingFor, waitingForOf } from "./held-work.ts";
export { IdempotencyKeys, type IdempotencyKeysOptions } from "./idempotency-keys.ts";
export {
  type BeginOptions,
  type Effect,
  type Finish,
  isJobKind,
  type Job,
  type JobKind,
  type JobKinds,
  job,
  type Recover,
  type Recoverers,
  type RecoveryContext,
  type StreamEffect,
  type WorkContext,
} from "./job.ts";
export type { KeyedCall } from "./keyed-call.ts";
export { type OpenCall, OpenCalls } from "./open-calls.ts";
export type { RecoveryReport, Work } from "./work.ts";
export { type AbandonedWork, WorkJournal, type WorkJournalOptions } from "./work-journal.ts";
export { WorkScope } from "./work-scope.ts";
