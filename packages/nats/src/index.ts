export type { NatsCredentials } from "./credentials.ts";
export { type NatsEnvironment, nats } from "./nats.ts";
export type { NatsOptions } from "./options.ts";
export {
  type CalledOptions,
  type Permissions,
  type PermissionsOptions,
  type ProcessOptions,
  type ProcessPermissions,
  permissions,
  type Rule,
  type ServedOptions,
} from "./permissions/index.ts";
export type { NatsTls } from "./tls.ts";
