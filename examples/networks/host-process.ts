import { OwnProcess } from "@reeve/example-telling";
import type { Settings } from "./settings.ts";

/** The supervisor in a process of its own. What it manages outlives it. */
export class HostProcess extends OwnProcess {
  /** Resolves when all of its managers serve. @throws Error when it ends before */
  static async start(settings: Settings): Promise<HostProcess> {
    const host = new HostProcess(new URL("./host-main.ts", import.meta.url), [JSON.stringify(settings)]);
    const { value } = await host.lines.next();
    if (value !== "ready") throw new Error(`process ${host.pid} ended before it was ready`);
    return host;
  }
}
