export { natsServerBinary } from "./binary.ts";
export type { NatsPermission, NatsServerTls, NatsUser } from "./config.ts";
export { type NatsServer, type NatsServerOptions, natsServer } from "./nats-server.ts";
