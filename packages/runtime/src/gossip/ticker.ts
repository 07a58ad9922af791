import type { Clock, Timer } from "../base/clock.ts";
import type { Random } from "../base/random.ts";

/** However urgent, a storm of changes or questions costs ten ticks a second, after as many at once. */
const burst = 10;
const gapMs = 100;

export interface TickerOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly intervalMs: number;
  readonly tick: () => void;
}

/** Ticks at most `intervalMs` apart, and soon when triggered. Jitter keeps hosts that started together from ticking together. */
export class Ticker {
  readonly #options: TickerOptions;
  #timer: Timer = undefined;
  #dueAt = Number.POSITIVE_INFINITY;
  /** When the ticks so far would have been made, had they kept the gap. */
  #paidUntil = Number.NEGATIVE_INFINITY;
  #stopped = false;

  constructor(options: TickerOptions) {
    this.#options = options;
  }

  /** Ticks at once, or as soon as the storm allows. The first trigger starts it. */
  trigger(): void {
    this.#arm(Math.max(this.#options.clock.now(), this.#paidUntil - (burst - 1) * gapMs));
  }

  /** Ticks before it returns, unless a storm is on: then as soon as that allows. */
  tickNow(): void {
    const { clock } = this.#options;
    if (this.#stopped) return;
    if (clock.now() < this.#paidUntil - (burst - 1) * gapMs) return this.trigger();
    clock.clearTimeout(this.#timer);
    this.#tick();
  }

  /** No further tick. */
  stop(): void {
    this.#options.clock.clearTimeout(this.#timer);
    this.#stopped = true;
  }

  #arm(at: number): void {
    if (this.#stopped || this.#dueAt <= at) return;
    const { clock } = this.#options;
    clock.clearTimeout(this.#timer);
    this.#dueAt = at;
    this.#timer = clock.setTimeout(() => this.#tick(), at - clock.now());
  }

  #tick(): void {
    const { clock, random, intervalMs, tick } = this.#options;
    this.#dueAt = Number.POSITIVE_INFINITY;
    const now = clock.now();
    this.#paidUntil = Math.max(this.#paidUntil, now) + gapMs;
    this.#arm(now + intervalMs * (0.9 + random() / 10));
    tick();
  }
}
