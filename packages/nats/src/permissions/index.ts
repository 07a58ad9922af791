export type { CalledOptions, PermissionsOptions, ProcessOptions, ServedOptions } from "./options.ts";
export { type Permissions, permissions } from "./permissions.ts";
export type { ProcessPermissions, Rule } from "./rule.ts";
