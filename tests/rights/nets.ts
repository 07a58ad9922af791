import { nats } from "@reeve/nats";
import { createSupervisor, inProcess, type Supervisor } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import type { Transport } from "@reeve/runtime/transport";
import { natsServer, type RecordingLogger, recordingLogger } from "@reeve/testing";

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

export interface RunningHost extends AsyncDisposable {
  readonly supervisor: Supervisor;
  readonly log: RecordingLogger;
}

/** A started supervisor on that broker, named as it calls. */
export async function host(
  net: Net,
  name: string,
  trustedForwarders: readonly string[],
  spawn: (supervisor: Supervisor) => void,
): Promise<RunningHost> {
  const log = recordingLogger();
  const transport = net.transport(name);
  const store = sqlite({ path: ":memory:" });
  const supervisor = createSupervisor({ host: name, transport, store, log, trustedForwarders });
  spawn(supervisor);
  await supervisor.start();
  return { supervisor, log, [Symbol.asyncDispose]: () => supervisor.stop() };
}
