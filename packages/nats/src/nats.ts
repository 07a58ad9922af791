import { randomBytes } from "node:crypto";
import { type Clock, type Random, systemClock, type Transport } from "@reeve/runtime/transport";
import { NatsTransport } from "./nats-transport.ts";
import { type NatsOptions, readOptions } from "./options.ts";

export interface NatsEnvironment {
  /** Default: the system's. nats.js itself pings by the system's clock whatever is given here. */
  readonly clock?: Clock | undefined;
  /** Spreads attempts over servers and time. Default `Math.random`. */
  readonly random?: Random | undefined;
}

/**
 * Makes a transport over NATS; nothing is dialled before its `connect()`.
 *
 * @throws ReeveError `INVALID_OPTION` naming the option
 *
 * @example
 * ```ts
 * const transport = nats({ servers: ["nats://10.0.0.1:4222", "nats://10.0.0.2:4222"], credsFile: "/etc/reeve/block-01.creds" });
 * const supervisor = createSupervisor({ host: "block-01", transport });
 * ```
 */
export function nats(
  options: NatsOptions = {},
  { clock = systemClock, random = Math.random }: NatsEnvironment = {},
): Transport {
  // From the system's generator: whoever could guess an inbox might forge answers.
  const nonce = randomBytes(12).toString("base64url");
  return new NatsTransport(options, readOptions(options), clock, random, nonce);
}
