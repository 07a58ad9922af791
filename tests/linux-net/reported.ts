import { type Kernel, runOn } from "./kernels.ts";

/** What a script says of one case. */
export interface Report {
  readonly name: string;
  readonly ms: number;
  readonly verdict?: "held" | { readonly skipped: string };
  readonly error?: string;
}

/** A script that runs cases one after the other, so that each can be a test of its own. */
export class Reported {
  readonly #waiting = new Map<string, PromiseWithResolvers<Report>>();
  readonly #ended: Promise<void>;

  constructor(kernel: Kernel, script: string, names: readonly string[]) {
    for (const name of names) {
      const waiting = Promise.withResolvers<Report>();
      waiting.promise.catch(() => {});
      this.#waiting.set(name, waiting);
    }
    this.#ended = runOn(kernel, script, [kernel, ...names], (line) => this.#tell(line)).then(
      () => this.#end(new Error(`${script} ended without a word of this case`)),
      (error: Error) => this.#end(error),
    );
  }

  /** Rejects with what the case threw. */
  async held(name: string): Promise<void> {
    const report = await this.#waiting.get(name)!.promise;
    if (report.error !== undefined) throw new Error(report.error);
    if (report.verdict !== "held") throw new Error(`skipped, though this kernel is for it: ${report.verdict?.skipped}`);
  }

  ended(): Promise<void> {
    return this.#ended;
  }

  #tell(line: string): void {
    if (!line.startsWith("{")) return console.log(line);
    const report = JSON.parse(line) as Report;
    this.#waiting.get(report.name)?.resolve(report);
  }

  #end(error: Error): void {
    for (const { reject } of this.#waiting.values()) reject(error);
  }
}
