import { join } from "node:path";
import { createSupervisor } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import type { Finding } from "./checker.ts";
import { granary } from "./granary.ts";
import { granaryManager } from "./granary-manager.ts";
import type { Promises } from "./marks.ts";

/** How many acknowledged calls are made again. */
const repeated = 8;

/** The next life of the program: what had begun is finished, and the key of a call that was acknowledged gives its answer. */
export async function checkResumed(directory: string, promises: Promises): Promise<readonly Finding[]> {
  const supervisor = createSupervisor({
    host: "barn",
    store: sqlite({ path: join(directory, "store.sqlite") }),
    log: { level: "silent" },
  });
  supervisor.spawn(granaryManager(() => undefined));
  const ref = supervisor.ref(granary);
  const findings: Finding[] = [];
  try {
    await supervisor.start();
    const { sacks, counts } = await ref.look({});
    for (const { id, stored } of sacks) if (!stored) findings.push({ kind: "half", detail: `${id} was not recovered` });
    const acknowledged = [...promises.sacks.values()].filter(({ told }) => told === "acknowledged").slice(-repeated);
    for (const { least } of acknowledged) await ref.store({ id: least.id }, { idempotencyKey: least.id });
    const { begun } = await ref.count({});
    if (begun !== counts.begun)
      findings.push({ kind: "lost", detail: `${begun - counts.begun} acknowledged calls ran again` });
  } catch (error) {
    findings.push({ kind: "corrupt", detail: String(error) });
  } finally {
    await supervisor.stop();
  }
  return findings;
}
