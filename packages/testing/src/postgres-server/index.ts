export { type PostgresServer, type PostgresServerOptions, postgresServer } from "./postgres-server.ts";
export type { PostgresServerTls } from "./settings.ts";
