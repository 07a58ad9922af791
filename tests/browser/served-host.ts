import { inspector } from "@reeve/inspector";
import { createSupervisor, type Supervisor, type SupervisorOptions } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import { onTestFinished } from "vitest";
import { operatorToken, viewToken } from "./manor.ts";

/** A host that serves an inspector, until the test has finished. Resolves once what is spawned serves. */
export async function servedHost(
  options: SupervisorOptions & { readonly host: string },
  spawn: (supervisor: Supervisor) => void,
): Promise<Supervisor> {
  const supervisor = createSupervisor({
    trustedForwarders: ["*"],
    store: sqlite({ path: ":memory:" }),
    inspector: inspector({ port: 0, token: operatorToken, viewToken }),
    log: { level: "silent" },
    ...options,
  });
  spawn(supervisor);
  await supervisor.start();
  onTestFinished(() => supervisor.stop());
  return supervisor;
}

/** Where its page is. */
export function portOf({ inspectorUrl }: Pick<Supervisor, "inspectorUrl">): number {
  return Number(new URL(inspectorUrl!).port);
}
