export { carriedOut } from "./carried-out.ts";
export { type HeldWork, type WaitingFor, waitingForOf } from "./held-work.ts";
export { IdempotencyKeys } from "./idempotency-keys.ts";
export {
  type Effect,
  type Finish,
  isJobKind,
  isRowsOnly,
  type Job,
  type JobKind,
  type JobKinds,
  job,
  type Recover,
  type Recoverers,
  type RecoveryContext,
  type WorkContext,
} from "./job.ts";
export { JournalListing, type ListedWork, type WorkHolder, type WorkQuery } from "./journal-listing.ts";
export { OpenCalls } from "./open-calls.ts";
export type { FailedWork } from "./recovery.ts";
export type { RecoveryReport, Work, WorkUnderWay } from "./work.ts";
export { WorkJournal } from "./work-journal.ts";
export { WorkScope } from "./work-scope.ts";
