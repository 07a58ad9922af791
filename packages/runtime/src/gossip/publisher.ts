import type { Clock } from "../base/clock.ts";
import type { Random } from "../base/random.ts";
import type { GossipLink } from "./link.ts";
import { Teller, type TellerOptions } from "./teller.ts";
import { Ticker } from "./ticker.ts";

/** What a process has to tell of one topic, as JSON texts. */
export interface GossipSource {
  /** What has changed since it was told last. */
  news(): readonly string[];
  all(): readonly string[];
  /** What {@link news} or {@link all} gave last was handed to the link. */
  told(): void;
}

export interface PublisherOptions extends TellerOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly link: GossipLink;
  readonly source: GossipSource;
  /** Longest time between two looks for news, in milliseconds. */
  readonly intervalMs: number;
  /** After so many looks without news a message says that there was none, so that a lost one is noticed. */
  readonly idleTicks: number;
  /** Everything is told again after so long, in milliseconds. */
  readonly wholeEveryMs: number;
  /** Told when news cannot be sent, and when it can again. */
  onTrouble(error: unknown | undefined): void;
}

/**
 * Tells everybody what changes of one topic: at once where it is triggered, at the latest after an interval; now and then
 * everything, and after each lost link. Silent before the first trigger.
 */
export class Publisher {
  readonly #options: PublisherOptions;
  readonly #teller: Teller;
  readonly #ticker: Ticker;
  readonly #forgetLink: () => void;
  #wholeAt = Number.NEGATIVE_INFINITY;
  #idle = 0;
  #started = false;
  #troubled = false;
  /** Who waits for everything. */
  readonly #askers = new Set<string>();

  constructor(options: PublisherOptions) {
    this.#options = options;
    this.#teller = new Teller(options);
    this.#ticker = new Ticker({ ...options, tick: () => this.tell() });
    this.#forgetLink = options.link.onLink((up) => {
      if (up && this.#started) this.tellAll();
    });
  }

  trigger(): void {
    this.#started = true;
    this.#ticker.trigger();
  }

  /** Everything, to everybody. */
  tellAll(): void {
    this.#wholeAt = Number.NEGATIVE_INFINITY;
    this.trigger();
  }

  /** Everything, to one asker, with the next tick: a storm of questions costs no more than one of changes. */
  answerSoon(asker: string): void {
    if (!this.#started) return;
    this.#askers.add(asker);
    this.#ticker.trigger();
  }

  /** To those that asked, now. @param whole it is everything */
  answer(askers: Iterable<string>, entries: readonly string[], whole: boolean): void {
    try {
      this.#teller.answer(askers, entries, whole);
    } catch {
      // The link is down, or has too much to carry: whoever asks in vain asks again.
    }
  }

  /** What there is to tell, now. @param last nothing follows */
  tell(last = false): void {
    const { source, clock, idleTicks, wholeEveryMs, onTrouble } = this.#options;
    const now = clock.now();
    const whole = now >= this.#wholeAt;
    const entries = whole ? source.all() : source.news();
    this.#idle += 1;
    if (last || whole || entries.length > 0 || this.#idle >= idleTicks) {
      try {
        this.#teller.tell(entries, { whole, last });
      } catch (error) {
        // Some of its parts may have left.
        this.#wholeAt = Number.NEGATIVE_INFINITY;
        if (!this.#troubled) onTrouble(error);
        this.#troubled = true;
        return;
      }
      if (this.#troubled) onTrouble(undefined);
      this.#troubled = false;
      this.#idle = 0;
      if (whole) this.#wholeAt = now + wholeEveryMs;
      source.told();
    }
    this.#answerAskers(whole);
  }

  stop(): void {
    this.#ticker.stop();
    this.#forgetLink();
  }

  #answerAskers(everybodyHeard: boolean): void {
    if (this.#askers.size === 0) return;
    const askers = [...this.#askers];
    this.#askers.clear();
    if (everybodyHeard) return;
    this.answer(askers, this.#options.source.all(), true);
  }
}
