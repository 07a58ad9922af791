import type { Clock, Timer } from "../../base/clock.ts";
import { replaceableAfterMs } from "../../base/loop-lag.ts";
import type { MembersLink } from "./asking.ts";
import type { Hearing, MemberView } from "./member-view.ts";

const sweepEveryMs = 500;
/** How long a silence is, in milliseconds; and of a sender whose intervals are long, in its intervals. */
const suspectAfter = { ms: 3_000, intervals: 1.5 };
const lostAfter = { ms: 5_000, intervals: 2.5 };
const deadAfterIntervals = 3;
/** A broker that takes longer than this part of the limit to confirm was not there for others either. */
const slowProbe = 8;

export interface SilenceWatchOptions {
  readonly clock: Clock;
  readonly link: Pick<MembersLink, "connected" | "onLink" | "flush">;
  readonly silenceLimitMs: number;
  readonly views: Iterable<MemberView>;
  /** It is heard worse than before. */
  onHearing(view: MemberView, hearing: Hearing): void;
  /** Others may have its places from now on: told once for each silence, of whoever is not dead yet. */
  onReplaceable(view: MemberView): void;
  onDead(view: MemberView): void;
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
      if (view.size > 0 && this.#isWorse(view, now)) return void this.#probe();
    }
  }

  /**
   * Whoever was held up, stopped, or cut off by a broker that froze has heard nothing from anybody: only when the broker
   * confirms at once, and with that everything it had for us has been taken in, is the silence theirs. A broker that
   * took its time may still have to read what the others said meanwhile.
   */
  async #probe(): Promise<void> {
    const { clock, link, silenceLimitMs, views, onHearing, onReplaceable, onDead } = this.#options;
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
      if (view.size === 0) continue;
      const became = !view.replaceable && this.#isReplaceable(view, now);
      view.replaceable ||= became;
      if (this.#isDead(view, now)) {
        onDead(view);
        continue;
      }
      const hearing = this.#hearingOf(view, now);
      if (hearing !== "heard" && hearing !== view.hearing) onHearing(view, hearing);
      if (became) onReplaceable(view);
    }
  }

  /** Whether there is anything to be said of it. */
  #isWorse(view: MemberView, now: number): boolean {
    const hearing = this.#hearingOf(view, now);
    if (hearing === "heard") return false;
    return hearing !== view.hearing || (!view.replaceable && this.#isReplaceable(view, now)) || this.#isDead(view, now);
  }

  #isReplaceable(view: MemberView, now: number): boolean {
    return this.#silentMs(view, now) > replaceableAfterMs(view.everyMs);
  }

  #hearingOf(view: MemberView, now: number): Hearing {
    const silentMs = this.#silentMs(view, now);
    const isSilent = ({ ms, intervals }: typeof lostAfter) => silentMs >= Math.max(ms, intervals * view.everyMs);
    return isSilent(lostAfter) ? "lost" : isSilent(suspectAfter) ? "suspect" : "heard";
  }

  #isDead(view: MemberView, now: number): boolean {
    return this.#silentMs(view, now) > Math.max(this.#options.silenceLimitMs, deadAfterIntervals * view.everyMs);
  }

  /** The wait begins anew when somebody can be heard again. */
  #silentMs({ heardAt }: MemberView, now: number): number {
    return now - Math.max(heardAt, this.#deafUntil);
  }
}

function nobodyIn(views: Iterable<MemberView>): boolean {
  for (const _ of views) return false;
  return true;
}
