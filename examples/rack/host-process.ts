import { OwnProcess } from "@reeve/example-telling";
import type { Settings } from "./settings.ts";

type Script = "storage" | "scheduler" | "page";

/** The supervisor of one host, in a process of its own. */
export class HostProcess extends OwnProcess {
  /** Resolves with its name, or with the address of the page that it serves. */
  readonly ready: Promise<string>;

  private constructor(script: Script, settings: Settings, password: string) {
    super(new URL(`./${script}.ts`, import.meta.url), [JSON.stringify(settings)], { REEVE_PASSWORD: password });
    this.ready = this.#ready(settings.host);
    this.ready.catch(() => {});
  }

  /** One that may not be ready yet: {@link ready} tells. */
  static launch(script: Script, settings: Settings, password: string): HostProcess {
    return new HostProcess(script, settings, password);
  }

  async #ready(host: string): Promise<string> {
    const { value } = await this.lines.next();
    if (value === undefined) throw new Error(`${host} ended before it was ready`);
    return (JSON.parse(value) as { readonly ready: string }).ready;
  }
}
