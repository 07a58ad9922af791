import type { Transport } from "@reeve/runtime/transport";
import { nats } from "./nats.ts";
import type { NatsOptions } from "./options.ts";

/** For a thread that makes a connection of its own. */
export function openTransport(options: NatsOptions): Transport {
  return nats(options);
}
