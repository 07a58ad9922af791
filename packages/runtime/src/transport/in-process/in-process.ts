import { reeveError } from "@reeve/contract";
import type { Random } from "../../base/random.ts";
import { checkToken } from "../subject.ts";
import type { Transport } from "../transport.ts";
import { InProcessClient } from "./client.ts";
import { Hub } from "./hub.ts";

export interface InProcessOptions {
  /** Largest message in bytes, headers included. Default 1 MiB, as nats-server has it. */
  readonly maxPayloadBytes?: number | undefined;
  /** Picks the member of a queue group. Default `Math.random`. */
  readonly random?: Random | undefined;
}

export interface InProcessClientOptions {
  /** The subject token this client ends its calls with. Default: the host of the supervisor that it is given to, else `anonymous`. */
  readonly caller?: string | undefined;
}

/** A broker without a wire: its clients talk to each other as hosts on one NATS server would. */
export interface InProcessHub {
  /** A host of its own. Several may share a caller name; their inboxes differ. */
  client(options?: InProcessClientOptions): Transport;
}

/**
 * Makes a hub whose clients exchange messages within this process, with the semantics of NATS: asynchronous, ordered, copied.
 *
 * @throws ReeveError `INVALID_OPTION` naming the option
 *
 * @example
 * ```ts
 * const hub = inProcess();
 * const supervisor = createSupervisor({ host: "block-01", transport: hub.client() });
 * const caller = await connect({ transport: hub.client({ caller: "web-1" }) });
 * ```
 */
export function inProcess({ maxPayloadBytes = 1_048_576, random = Math.random }: InProcessOptions = {}): InProcessHub {
  if (!Number.isSafeInteger(maxPayloadBytes) || maxPayloadBytes < 1) {
    throw reeveError(
      "INVALID_OPTION",
      `maxPayloadBytes: expected a whole number of bytes from 1, got ${String(maxPayloadBytes)}`,
    );
  }
  const hub = new Hub(maxPayloadBytes, random);
  let clients = 0;
  return {
    client({ caller } = {}) {
      if (caller !== undefined) checkToken("caller", caller);
      clients += 1;
      return new InProcessClient(hub, caller, String(clients));
    },
  };
}
