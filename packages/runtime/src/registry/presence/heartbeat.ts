import { type Clock, sinceBoot, type Timer } from "../../base/clock.ts";
import type { Random } from "../../base/random.ts";
import type { GossipLink } from "../../gossip/index.ts";
import { Ticker } from "../../gossip/ticker.ts";
import { aliveSubject, encodeAlive } from "./alive.ts";
import { isLagging, type LoopLag, silenceLagMs } from "./loop-lag.ts";
import { checkVoice, type SharedVoice } from "./voice.ts";

/** How often the watched event loop's lag is looked at. */
export const lagCheckMs = 500;

/** Whose heartbeats, where to, and how often. */
export interface HeartbeatIdentity {
  readonly sender: string;
  readonly namespace: string;
  readonly everyMs: number;
}

export interface HeartbeatOptions extends HeartbeatIdentity {
  readonly clock: Clock;
  readonly random: Random;
  readonly link: Pick<GossipLink, "caller" | "publish" | "onLink">;
  readonly voice: SharedVoice;
  /** Of the event loop that it speaks for, where that is another one than this. */
  readonly lag?: LoopLag | undefined;
  /** Told once when heartbeats cannot be sent. */
  onTrouble(error: unknown): void;
}

/** Says that a process lives: at an interval, and at once when its event loop begins or ends to lag. From its construction on. */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  readonly #ticker: Ticker;
  readonly #forgetLink: () => void;
  #lagTimer: Timer;
  #troubled = false;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
    this.#ticker = new Ticker({ ...options, intervalMs: options.everyMs, tick: () => this.#heartbeat() });
    this.#forgetLink = options.link.onLink((up) => {
      if (up) this.#ticker.trigger();
    });
    if (options.lag) this.#watchLag(options.lag);
    this.#ticker.trigger();
  }

  /** Falls silent. Idempotent. */
  stop(): void {
    this.#options.clock.clearTimeout(this.#lagTimer);
    this.#ticker.stop();
    this.#forgetLink();
  }

  #heartbeat(): void {
    const { clock, link, namespace, sender, everyMs, voice, lag, onTrouble } = this.#options;
    const lagMs = lag?.lagMs ?? 0;
    if (lagMs > silenceLagMs) return;
    const now = sinceBoot(clock);
    checkVoice(voice, everyMs, now);
    try {
      const heartbeat = encodeAlive({ sender, sequence: voice.nextSequence(), everyMs, lagMs });
      link.publish(aliveSubject(namespace, link.caller), heartbeat, { harmless: true });
    } catch (error) {
      if (!this.#troubled) onTrouble(error);
      this.#troubled = true;
      return;
    }
    this.#troubled = false;
    voice.spokeAt = now;
  }

  #watchLag(lag: LoopLag): void {
    this.#lagTimer = this.#options.clock.setTimeout(() => {
      const before = lag.lagMs;
      lag.check();
      const ended = before > silenceLagMs && lag.lagMs <= silenceLagMs;
      if (isLagging(before) !== isLagging(lag.lagMs) || ended) this.#ticker.trigger();
      this.#watchLag(lag);
    }, lagCheckMs);
  }
}
