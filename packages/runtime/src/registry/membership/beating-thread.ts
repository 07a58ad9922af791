import type { Denial } from "../../transport/denials.ts";
import { Acknowledgement } from "./acknowledgement.ts";
import type { MemberEntry } from "./beat.ts";
import { Beater, type BeaterOptions } from "./beater.ts";
import type { SharedBeats } from "./shared-beats.ts";

export interface Put {
  /** Higher than that of what was put before. A thread that starts may be told once more of what it started with. */
  readonly number: number;
  readonly entries: readonly MemberEntry[];
}

export type ToBeatThread = ({ readonly kind: "put" } & Put) | { readonly kind: "stop" };

export type FromBeatThread =
  | { readonly kind: "log"; readonly text: string }
  /** It beats and answers for all that was put up to this number. */
  | { readonly kind: "answering"; readonly number: number }
  /** It cannot beat. */
  | { readonly kind: "lost" }
  /** What the broker forbids it now. */
  | { readonly kind: "denied"; readonly denials: readonly Denial[] };

export interface BeatingThreadOptions extends Omit<BeaterOptions, "nextSequence" | "behind" | "onTrouble"> {
  readonly shared: SharedBeats;
  /** What was put before it started. */
  readonly told: Put;
  tell(message: FromBeatThread): void;
}

/** What the thread does that beats for a process. */
export class BeatingThread {
  readonly #beater: Beater;
  readonly #acknowledgement: Acknowledgement;
  #taken: number;

  constructor({ shared, told, tell, ...options }: BeatingThreadOptions) {
    const { clock, link } = options;
    this.#taken = told.number;
    this.#beater = new Beater({
      ...options,
      voice: shared,
      nextSequence: () => shared.nextSequence(),
      // Its beats would take back what the stand-in has told already.
      behind: () => this.#taken < shared.standInKnows,
      onTrouble: (error) =>
        tell({
          kind: "log",
          text: `beats cannot be sent: ${error instanceof Error ? error.message : String(error)}`,
        }),
    });
    if (told.entries.length > 0) this.#beater.put(told.entries);
    this.#acknowledgement = new Acknowledgement({
      clock,
      link,
      taken: told.number,
      answering: (number) => tell({ kind: "answering", number }),
      lost: () => tell({ kind: "lost" }),
    });
  }

  put({ number, entries }: Put): void {
    this.#taken = number;
    this.#beater.put(entries);
    this.#acknowledgement.took(number);
  }

  /** Tells that all managers have stopped, and falls silent. */
  stop(): Promise<void> {
    this.#acknowledgement.close();
    return this.#beater.stop();
  }

  /** Falls silent without a word. */
  retire(): void {
    this.#acknowledgement.close();
    this.#beater.retire();
  }
}
