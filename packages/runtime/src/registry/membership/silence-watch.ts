import type { Clock, Timer } from "../../base/clock.ts";
import type { BeatLink } from "./link.ts";
import type { SenderView } from "./sender-view.ts";

const sweepEveryMs = 500;
/** A sender silent for so many of its own intervals is suspect. */
const suspectAfterBeats = 2.5;
/** Fewer of its intervals than this make no silence, whatever the limit. */
const goneAfterBeats = 3;
/** A broker that takes longer than this part of the limit to confirm was not there for others either. */
const slowProbe = 8;

export interface SilenceWatchOptions {
  readonly clock: Clock;
  readonly link: Pick<BeatLink, "connected" | "onLink" | "flush">;
  readonly silenceLimitMs: number;
  readonly views: Iterable<SenderView>;
  onSuspect(view: SenderView): void;
  onGone(view: SenderView): void;
  /** Now and then, for what else ages. */
  onSweep(now: number): void;
}

/** Tells who has fallen silent, with a timer only while there is somebody to watch: by the receiver's monotonic clock, and only when it is sure that it can hear. */
export class SilenceWatch {
  readonly #options: SilenceWatchOptions;
  readonly #forgetLink: () => void;
  #timer: Timer;
  /** Up to then nobody could be heard: no link, or a broker that did not answer. */
  #deafUntil = Number.NEGATIVE_INFINITY;
  #probing = false;
  #closed = false;
  #sweeping = false;

  constructor(options: SilenceWatchOptions) {
    const { clock, link } = options;
    this.#options = options;
    this.#forgetLink = link.onLink((up) => {
      if (up) this.#deafUntil = clock.now();
    });
  }

  /** Somebody was heard for the first time. */
  watch(): void {
    if (this.#closed || this.#sweeping) return;
    this.#sweeping = true;
    this.#sweepLater();
  }

  close(): void {
    this.#closed = true;
    this.#forgetLink();
    this.#options.clock.clearTimeout(this.#timer);
  }

  #sweepLater(): void {
    this.#timer = this.#options.clock.setTimeout(() => {
      this.#sweep();
      this.#sweeping = !nobodyIn(this.#options.views);
      if (this.#sweeping && !this.#closed) this.#sweepLater();
    }, sweepEveryMs);
  }

  #sweep(): void {
    const { clock, link, views, onSweep } = this.#options;
    const now = clock.now();
    onSweep(now);
    if (!link.connected || this.#probing) return;
    for (const view of views) {
      if (!view.empty && this.#isSuspect(view, now)) return void this.#probe();
    }
  }

  /**
   * Whoever was held up, stopped, or cut off by a broker that froze has heard nothing from anybody: only when the broker
   * confirms at once, and with that everything it had for us has been taken in, is the silence theirs. A broker that
   * took its time may still have to read what the others said meanwhile.
   */
  async #probe(): Promise<void> {
    const { clock, link, silenceLimitMs, views, onSuspect, onGone } = this.#options;
    const askedAt = clock.now();
    this.#probing = true;
    const confirmed = await link.flush().then(
      () => true,
      () => false,
    );
    this.#probing = false;
    if (this.#closed) return;
    const now = clock.now();
    if (!confirmed || now - askedAt > silenceLimitMs / slowProbe) this.#deafUntil = now;
    for (const view of views) {
      if (view.empty) continue;
      if (this.#isGone(view, now)) onGone(view);
      else if (this.#isSuspect(view, now)) onSuspect(view);
    }
  }

  #isSuspect(view: SenderView, now: number): boolean {
    return this.#silentMs(view, now) > suspectAfterBeats * view.everyMs;
  }

  #isGone(view: SenderView, now: number): boolean {
    return this.#silentMs(view, now) > Math.max(this.#options.silenceLimitMs, goneAfterBeats * view.everyMs);
  }

  /** The wait begins anew when somebody can be heard again. */
  #silentMs({ heardAt }: SenderView, now: number): number {
    return now - Math.max(heardAt, this.#deafUntil);
  }
}

function nobodyIn(views: Iterable<SenderView>): boolean {
  for (const _ of views) return false;
  return true;
}
