// What Reeve's own packages are made of. It changes with any release.
export { type CompiledOperation, defaultTimeoutMs } from "./compiled-operation.ts";
export { holdsOnlyScalars } from "./flat-schema.ts";
export { type Redact, redactor } from "./redactor.ts";
export type { ReeveErrorOptions } from "./reeve-error.ts";
export { everyRole, longestRole } from "./roles.ts";
export { describeIssues, isSchema, issuesOf } from "./schema.ts";
export { secretNames } from "./secret.ts";
export { isCompatible, type ParsedVersion, parseVersion } from "./version.ts";
