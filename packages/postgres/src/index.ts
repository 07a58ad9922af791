export { postgres } from "./postgres.ts";
export type { PostgresOptions, PostgresPool } from "./postgres-options.ts";
export type { PostgresTls } from "./tls.ts";
