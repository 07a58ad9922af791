export { type AuditedAct, audit } from "./audit.ts";
export {
  type Creatable,
  type CreationOptions,
  type CreationStatus,
  type LeftBehind,
  recoverCreation,
} from "./creation.ts";
export { placementErrors, WRONG_STATUS } from "./declared-errors.ts";
export { type BeforeDeletion, type Deletable, recoverDeletion } from "./deletion.ts";
export { type FailureInfo, failureInfo, failureOf } from "./failure-info.ts";
export { askedFor, saysHostGone, saysNobodyTakesIt, signOfLife } from "./host-gone.ts";
export type { LostHosts } from "./lost-hosts.ts";
export { type PlacedRow, settleOrphans } from "./orphans.ts";
export { type Narrowing, pageOf, type RowFilter } from "./pages.ts";
export { type BuildAttempt, type PlacedCreation, placeAndBuild } from "./placed-creation.ts";
export type { Placement } from "./placement.ts";
export { type ConfirmingHandles, PlacementConfirmations } from "./placement-confirmations.ts";
export {
  type Accepted,
  type AcceptingContext,
  acceptPlaced,
  type Placeable,
  type Placing,
  placing,
  recoverPlacing,
} from "./placing.ts";
export {
  countRows,
  limitOf,
  type QuotaRequest,
  requireQuota,
  type StoreWithTenants,
  sumRows,
  tenantTable,
} from "./quota.ts";
export { type DriverHealth, requireDriver } from "./require-driver.ts";
export { AuditReason, ResourceId, ResourceName } from "./resource.ts";
export { changeIf, deleteIf } from "./status.ts";
export { type StepOptions, stepsOfWork, type WorkControl } from "./steps-of-work.ts";
export type { Owned, Staged, TableWith } from "./tables.ts";
export { type OnBehalf, onlyTenantOf, reachableRow, reaches, rowNotFound, tenantOf } from "./tenancy.ts";
