import { OwnProcess } from "@reeve/example-telling";

/** What the second process says, a JSON object per line. */
export type Word =
  | { readonly event: "ready"; readonly volumes: readonly FoundVolume[]; readonly files: number }
  | { readonly event: "progress"; readonly percent: number }
  | { readonly event: "copied"; readonly status: string };

/** A volume as the second process found it when it started. */
export interface FoundVolume {
  readonly name: string;
  readonly status: string;
  readonly why: string;
}

/** A supervisor in a process of its own, on a directory of its own. */
export class SecondProcess extends OwnProcess {
  constructor(directory: string) {
    super(new URL("./second-process-main.ts", import.meta.url), [directory]);
  }

  copy(): void {
    this.tell("copy");
  }

  /** As {@link copy}, but it stands still once it has said how far it is: long enough to be killed there. */
  copyHalfway(): void {
    this.tell("copy halfway");
  }

  /** Waits until it says this, and passes over everything else. @throws Error when it ends without */
  async hear<E extends Word["event"]>(
    event: E,
    enough: (word: Extract<Word, { event: E }>) => boolean = () => true,
  ): Promise<Extract<Word, { event: E }>> {
    for (;;) {
      const { done, value } = await this.lines.next();
      if (done) throw new Error(`process ${this.pid} ended without saying ${event}`);
      const word = JSON.parse(value) as Word;
      if (word.event === event && enough(word as never)) return word as never;
    }
  }
}
