import { backoff } from "../../base/backoff.ts";
import { systemClock, type Timer } from "../../base/clock.ts";
import type { Logger } from "../../telemetry/index.ts";
import type { Denial } from "../../transport/denials.ts";
import type { ThreadTransport } from "../../transport/thread-transport.ts";
import { isOver, type MemberEntry, placeOf } from "./beat.ts";
import type { BeatIdentity } from "./beater.ts";
import type { FromBeatThread } from "./beating-thread.ts";
import type { Beats } from "./beats.ts";
import { loopTickMs } from "./lag-watch.ts";
import { SharedBeats } from "./shared-beats.ts";
import { type BeatThread, startBeatThread } from "./start-beat-thread.ts";

/** How long the thread may take to say goodbye. */
const stopTimeoutMs = 2_000;

export interface ThreadBeatsOptions extends BeatIdentity {
  readonly transport: ThreadTransport;
  readonly log: Logger;
  /** What the thread and its stand-in have in common. Default: of its own. */
  readonly shared?: SharedBeats | undefined;
  /** Beats on this thread while the other one cannot: until it has connected, and whenever it has lost its link or its life. */
  standIn(nextSequence: () => number): StandIn;
  /** What the broker forbids the thread now; told at each change. */
  onDenied?(denials: readonly Denial[]): void;
  /** Default: a thread of this process. */
  readonly startThread?: typeof startBeatThread;
}

interface StandIn extends Beats {
  retire(): void;
}

/**
 * Beats from a thread with a connection of its own, so that a held-up event loop does not look like a dead process. Whoever
 * asks finds one of the two: the stand-in goes when the broker has shown that the thread is heard for all it was told.
 */
export class ThreadBeats implements Beats {
  readonly #options: ThreadBeatsOptions;
  readonly #shared: SharedBeats;
  /** What a thread that takes over is told first. */
  readonly #entries = new Map<string, MemberEntry>();
  readonly #pause = backoff({ initialMs: 100, maxMs: 5_000 }, Math.random);
  #thread: BeatThread | undefined;
  #exited: Promise<void> = Promise.resolve();
  #standIn: StandIn | undefined;
  /** What was put in this turn of the event loop: the thread is told of it together, since each message costs both. */
  #untold: Map<string, MemberEntry> | undefined;
  /** In how many turns something was put, and how much of that the thread answers for; -1 while it answers for nothing. */
  #puts = 0;
  #answeredFor = -1;
  #interruptions = 0;
  #waiting: (() => void)[] = [];
  #losses = 0;
  // The thread measures real time, so the loop counts by it whatever clock the host has.
  #tickTimer: Timer;
  #restartTimer: Timer;
  #stopping: Promise<void> | undefined;

  constructor(options: ThreadBeatsOptions) {
    this.#options = options;
    this.#shared = options.shared ?? new SharedBeats();
    this.#tick();
    this.#stepIn();
    this.#start();
  }

  get #threadAnswers(): boolean {
    return this.#answeredFor === this.#puts;
  }

  put(entries: readonly MemberEntry[]): void {
    if (this.#stopping) return;
    const untold = this.#untold ?? this.#collect();
    for (const entry of entries) {
      const place = placeOf(entry);
      untold.set(place, entry);
      if (isOver(entry)) this.#entries.delete(place);
      else this.#entries.set(place, entry);
    }
    if (this.#standIn) this.#shared.standInKnows = this.#puts;
    this.#standIn?.put(entries);
  }

  async answering(): Promise<void> {
    while (!this.#stopping) {
      if (this.#standIn) return this.#standIn.answering();
      if (this.#threadAnswers) return;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    this.#wake();
    return this.#stopping;
  }

  #tick(): void {
    this.#shared.tick();
    this.#tickTimer = systemClock.setTimeout(() => this.#tick(), loopTickMs);
  }

  #start(): void {
    const { transport, sender, host, namespace, everyMs, log, startThread = startBeatThread } = this.#options;
    const told = { number: this.#puts, entries: [...this.#entries.values()] };
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#exited = promise;
    this.#thread = startThread(
      { transport, sender, host, namespace, everyMs, memory: this.#shared.memory, told },
      {
        told: (message) => this.#told(message),
        failed: (err) => log.warn({ err }, "the thread that beats for this host failed"),
        exited: () => {
          resolve();
          this.#lost();
        },
      },
    );
  }

  #told(message: FromBeatThread): void {
    if (message.kind === "log") this.#options.log.warn(message.text);
    else if (message.kind === "denied") this.#options.onDenied?.(message.denials);
    else if (message.kind === "lost") this.#interrupted();
    else {
      this.#losses = 0;
      this.#answeredFor = message.number;
      if (this.#threadAnswers) void this.#stepBack();
    }
  }

  #lost(): void {
    this.#thread = undefined;
    if (this.#stopping) return;
    this.#interrupted();
    const pauseMs = this.#pause(this.#losses++);
    this.#options.log.warn({ pauseMs }, "the thread that beats for this host ended; starting another");
    this.#restartTimer = systemClock.setTimeout(() => this.#start(), pauseMs);
  }

  #interrupted(): void {
    this.#answeredFor = -1;
    this.#interruptions += 1;
    this.#stepIn();
    this.#wake();
  }

  #stepIn(): void {
    if (this.#standIn || this.#stopping) return;
    this.#standIn = this.#options.standIn(() => this.#shared.nextSequence());
    this.#shared.standInKnows = this.#puts;
    if (this.#entries.size > 0) this.#standIn.put([...this.#entries.values()]);
  }

  /** What was asked before the thread could hear it lies on the way to the stand-in, which answers it first. */
  async #stepBack(): Promise<void> {
    this.#wake();
    const standIn = this.#standIn;
    const interruptions = this.#interruptions;
    await standIn?.answering();
    if (this.#stopping || this.#standIn !== standIn || interruptions !== this.#interruptions) return;
    // There is more since: this is done again when the thread answers for that as well.
    if (!this.#threadAnswers) return;
    standIn?.retire();
    this.#standIn = undefined;
    this.#shared.standInKnows = 0;
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #collect(): Map<string, MemberEntry> {
    const untold = new Map<string, MemberEntry>();
    this.#untold = untold;
    this.#puts += 1;
    setImmediate(() => this.#handOver());
    return untold;
  }

  #handOver(): void {
    if (!this.#untold) return;
    const entries = [...this.#untold.values()];
    this.#untold = undefined;
    this.#thread?.tell({ kind: "put", number: this.#puts, entries });
  }

  async #stop(): Promise<void> {
    const thread = this.#thread;
    systemClock.clearTimeout(this.#restartTimer);
    this.#handOver();
    await this.#standIn?.stop();
    if (thread) {
      await new Promise<void>((resolve) => {
        const timer = systemClock.setTimeout(resolve, stopTimeoutMs);
        void this.#exited.then(() => {
          systemClock.clearTimeout(timer);
          resolve();
        });
        thread.tell({ kind: "stop" });
      });
      await thread.terminate();
    }
    systemClock.clearTimeout(this.#tickTimer);
  }
}
