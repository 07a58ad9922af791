import { nats } from "@reeve/nats";
import { inProcess } from "@reeve/runtime";
import type { Transport } from "@reeve/runtime/transport";
import { natsServer } from "@reeve/testing";

/** Processes, as far as calls between them go, on one broker. */
export interface Net extends AsyncDisposable {
  transport(caller: string): Transport;
}

/** Over each, the same is promised. */
export const nets: readonly (readonly [string, () => Promise<Net>])[] = [
  [
    "in process",
    async () => {
      const hub = inProcess();
      return { transport: (caller) => hub.client({ caller }), [Symbol.asyncDispose]: async () => {} };
    },
  ],
  [
    "over NATS",
    async () => {
      const server = await natsServer();
      return {
        transport: (caller) => nats({ servers: server.url, caller }),
        [Symbol.asyncDispose]: () => server.close(),
      };
    },
  ],
];
