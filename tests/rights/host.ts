import { createSupervisor, type Supervisor } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import { type RecordingLogger, recordingLogger } from "@reeve/testing";
import type { Net } from "../kit/nets.ts";

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
