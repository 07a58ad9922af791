import { backoff } from "../../base/backoff.ts";
import { type Clock, sinceBoot, systemClock, type Timer } from "../../base/clock.ts";
import type { Random } from "../../base/random.ts";
import type { GossipLink } from "../../gossip/index.ts";
import type { Logger } from "../../telemetry/index.ts";
import type { Denial } from "../../transport/denials.ts";
import type { Transport } from "../../transport/transport.ts";
import { Heartbeat, type HeartbeatIdentity } from "./heartbeat.ts";
import type { FromHeartbeatThread } from "./heartbeat-thread.ts";
import { loopTickMs } from "./loop-lag.ts";
import { startHeartbeatThread } from "./start-heartbeat-thread.ts";
import { checkVoice, SharedVoice } from "./voice.ts";

export interface PresenceOptions extends HeartbeatIdentity {
  readonly clock: Clock;
  readonly random: Random;
  readonly link: Pick<GossipLink, "caller" | "publish" | "onLink"> & Pick<Transport, "forThread">;
  readonly log: Logger;
  /** What the broker forbids the thread now; told at each change. */
  onDenied?(denials: readonly Denial[]): void;
  /** Default: a thread of this process. */
  readonly startThread?: typeof startHeartbeatThread;
}

/**
 * Says that this process lives, from a thread with a connection of its own: a held-up event loop does not look like a dead
 * process. While the thread has no link, and where the transport has no wire, the event loop says so itself. The two may speak
 * at once: a heartbeat carries no state, and they take its numbers from one counter.
 */
export class Presence {
  readonly #options: PresenceOptions;
  readonly #voice = new SharedVoice();
  readonly #pause = backoff({ initialMs: 100, maxMs: 5_000 }, Math.random);
  #own: Heartbeat | undefined;
  #endThread: (() => Promise<unknown>) | undefined;
  #losses = 0;
  // The thread measures real time, so the loop counts by it whatever clock the host has.
  #tickTimer: Timer;
  #restartTimer: Timer;
  #started = false;
  #stopped = false;

  constructor(options: PresenceOptions) {
    this.#options = options;
  }

  /** Nothing is said before it. Idempotent. */
  start(): void {
    if (this.#started || this.#stopped) return;
    this.#started = true;
    this.#speak(true);
    if (!this.#options.link.forThread?.()) return;
    this.#tick();
    this.#start();
  }

  /**
   * When this process was last silent for so long that others took it for dead, by the clock that counts sleep: what it held
   * since before that, it holds no more.
   */
  get lapsedAt(): number {
    checkVoice(this.#voice, this.#options.everyMs, sinceBoot(this.#options.clock));
    return this.#voice.lapsedAt;
  }

  /** This process has said something in another way. */
  spoke(): void {
    this.#voice.spokeAt = sinceBoot(this.#options.clock);
  }

  /** Falls silent. Idempotent, never rejects. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#speak(false);
    systemClock.clearTimeout(this.#restartTimer);
    systemClock.clearTimeout(this.#tickTimer);
    await this.#endThread?.();
  }

  #tick(): void {
    this.#voice.tick();
    this.#tickTimer = systemClock.setTimeout(() => this.#tick(), loopTickMs);
  }

  #start(): void {
    const { link, sender, namespace, everyMs, log, startThread = startHeartbeatThread } = this.#options;
    const transport = link.forThread?.();
    if (!transport) return;
    const { memory } = this.#voice;
    this.#endThread = startThread(
      { transport, sender, namespace, everyMs, memory },
      {
        told: (message) => this.#told(message),
        failed: (err) => log.warn({ err }, "the heartbeat thread failed"),
        exited: () => this.#exited(),
      },
    );
  }

  #told(message: FromHeartbeatThread): void {
    const { log, onDenied } = this.#options;
    if (message.kind === "log") log.warn(message.text);
    else if (message.kind === "denied") onDenied?.(message.denials);
    else {
      if (message.up) this.#losses = 0;
      this.#speak(!message.up);
    }
  }

  #exited(): void {
    this.#endThread = undefined;
    if (this.#stopped) return;
    this.#speak(true);
    const pauseMs = this.#pause(this.#losses++);
    this.#options.log.warn({ pauseMs }, "the heartbeat thread ended; starting another");
    this.#restartTimer = systemClock.setTimeout(() => this.#start(), pauseMs);
  }

  /** The event loop speaks for itself, or leaves that to the thread. */
  #speak(itself: boolean): void {
    const { log } = this.#options;
    if (!itself || this.#stopped) {
      this.#own?.stop();
      this.#own = undefined;
      return;
    }
    const onTrouble = (err: unknown) => log.warn({ err }, "heartbeats cannot be sent; trying again");
    this.#own ??= new Heartbeat({ ...this.#options, voice: this.#voice, onTrouble });
  }
}
