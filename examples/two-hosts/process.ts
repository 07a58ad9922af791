import { OwnProcess } from "@reeve/example-telling";
import type { Word } from "./word.ts";

/** One of the processes of the example. */
export class Process extends OwnProcess {
  /** The address of the page that it serves, if it does. */
  page: string | undefined;

  /** @param password that it logs in with at the broker */
  constructor(script: "storage" | "scheduler" | "page" | "caller", args: readonly string[], password: string) {
    super(new URL(`./${script}.ts`, import.meta.url), args, { REEVE_PASSWORD: password });
  }

  async *words(): AsyncGenerator<Word> {
    for (;;) {
      const { value, done } = await this.lines.next();
      if (done) return;
      yield JSON.parse(value) as Word;
    }
  }

  /** @throws Error when it ends without having been ready */
  async ready(): Promise<this> {
    for await (const word of this.words()) {
      if (word.event !== "ready") continue;
      this.page = word.page;
      return this;
    }
    throw new Error(`process ${this.pid} ended before it was ready`);
  }
}
