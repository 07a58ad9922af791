import { OwnProcess } from "@reeve/example-telling";
import type { Settings } from "./settings.ts";

/** The supervisor of one host, in a process of its own. */
export class HostProcess extends OwnProcess {
  /** Where the page of the inspector is; the host's name where it shows none. */
  readonly page: Promise<string>;

  private constructor(script: "storage" | "scheduler", settings: Settings, password: string) {
    super(new URL(`./${script}.ts`, import.meta.url), JSON.stringify(settings), { REEVE_PASSWORD: password });
    this.page = this.#ready(settings.host);
    this.page.catch(() => {});
  }

  /** One that may not be ready yet: {@link page} tells. */
  static launch(script: "storage" | "scheduler", settings: Settings, password: string): HostProcess {
    return new HostProcess(script, settings, password);
  }

  async #ready(host: string): Promise<string> {
    const { value } = await this.lines.next();
    if (value === undefined) throw new Error(`${host} ended before it was ready`);
    return (JSON.parse(value) as { readonly ready: string }).ready;
  }
}
