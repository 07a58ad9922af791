export type { NatsCredentials } from "./credentials.ts";
export { type NatsEnvironment, nats } from "./nats.ts";
export type { NatsOptions } from "./options.ts";
export type { NatsTls } from "./tls.ts";
