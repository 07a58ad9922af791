export { IdempotencyKeys, type IdempotencyKeysOptions } from "./idempotency-keys.ts";
export type { BeginOptions, Effect, Finish, Job, Recover, Recoverers, RecoveryContext, WorkContext } from "./job.ts";
export type { KeyedCall } from "./keyed-call.ts";
export type { RecoveryReport, Work } from "./work.ts";
export { WorkJournal, type WorkJournalOptions } from "./work-journal.ts";
