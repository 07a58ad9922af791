export { type FailureInfo, failureInfo, failureOf } from "./failure-info.ts";
export { askedFor, signOfLife } from "./host-gone.ts";
export { type Narrowing, pageOf, type RowFilter } from "./pages.ts";
export {
  countRows,
  limitOf,
  lockTenant,
  type QuotaRequest,
  requireQuota,
  type StoreWithTenants,
  sumRows,
  tenantTable,
} from "./quota.ts";
export { type DriverHealth, requireDriver } from "./require-driver.ts";
export { Reason, ResourceId, ResourceName } from "./resource.ts";
export { changeIf, deleteIf } from "./status.ts";
export type { Owned, Staged, TableWith } from "./tables.ts";
export { type OnBehalf, onlyTenantOf, reachableRow, reaches, rowNotFound, tenantOf } from "./tenancy.ts";
export { WorkRunner } from "./work-runner.ts";
