import type { Clock, Timer } from "../../base/clock.ts";
import type { BeatLink } from "./link.ts";

/** Not asked again at once: a link that is about to be lost refuses without waiting. */
const retryMs = 1_000;

export interface AcknowledgementOptions {
  readonly clock: Clock;
  readonly link: Pick<BeatLink, "connected" | "flush" | "onLink">;
  /** The number of what was taken in before. */
  readonly taken: number;
  /** Questions about everything up to this number are answered here. */
  answering(number: number): void;
  /** They are not, until that is said again. */
  lost(): void;
}

/** Says up to where the broker has the subscriptions by which what was taken in is found. */
export class Acknowledgement {
  readonly #options: AcknowledgementOptions;
  readonly #forgetLink: () => void;
  #taken: number;
  #said = -1;
  /** What was confirmed on one link says nothing of the next. */
  #links = 0;
  #asking = false;
  #closed = false;
  #retry: Timer;

  constructor(options: AcknowledgementOptions) {
    this.#options = options;
    this.#taken = options.taken;
    this.#forgetLink = options.link.onLink((up) => {
      this.#links += 1;
      this.#said = -1;
      if (up) void this.#ask();
      else options.lost();
    });
    void this.#ask();
  }

  /** What has this number is taken in, and its subscriptions are made. */
  took(number: number): void {
    this.#taken = number;
    void this.#ask();
  }

  close(): void {
    this.#closed = true;
    this.#forgetLink();
    this.#options.clock.clearTimeout(this.#retry);
  }

  async #ask(): Promise<void> {
    const { clock, link, answering } = this.#options;
    if (this.#asking || this.#closed || !link.connected || this.#said === this.#taken) return;
    const taken = this.#taken;
    const links = this.#links;
    this.#asking = true;
    clock.clearTimeout(this.#retry);
    const confirmed = await link.flush().then(
      () => true,
      () => false,
    );
    this.#asking = false;
    if (this.#closed) return;
    if (links === this.#links) {
      if (!confirmed) {
        this.#retry = clock.setTimeout(() => void this.#ask(), retryMs);
        return;
      }
      this.#said = taken;
      answering(taken);
    }
    // More was taken in meanwhile, or it is another link.
    await this.#ask();
  }
}
