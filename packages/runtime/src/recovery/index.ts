export { type HeldWork, type WaitingFor, waitingForOf } from "./held-work.ts";
export { IdempotencyKeys, type IdempotencyKeysOptions } from "./idempotency-keys.ts";
export type {
  BeginOptions,
  Effect,
  Finish,
  Job,
  Recover,
  Recoverers,
  RecoveryContext,
  StreamEffect,
  WorkContext,
} from "./job.ts";
export type { KeyedCall } from "./keyed-call.ts";
export { type OpenCall, OpenCalls } from "./open-calls.ts";
export type { RecoveryReport, Work } from "./work.ts";
export { type AbandonedWork, WorkJournal, type WorkJournalOptions } from "./work-journal.ts";
export { WorkScope } from "./work-scope.ts";
