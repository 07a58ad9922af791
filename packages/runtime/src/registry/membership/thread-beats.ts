import { Worker } from "node:worker_threads";
import { backoff } from "../../base/backoff.ts";
import { systemClock, type Timer } from "../../base/clock.ts";
import type { Logger } from "../../telemetry/index.ts";
import type { NatsOptions } from "../../transport/nats/options.ts";
import { findTaskFile } from "../../workers/task-file.ts";
import { isOver, type MemberEntry, placeOf } from "./beat.ts";
import type { BeatThreadData, FromBeatThread, ToBeatThread } from "./beat-thread.ts";
import type { Beats } from "./beats.ts";
import { loopTickMs } from "./lag-watch.ts";

/** How long the thread may take to say goodbye. */
const stopTimeoutMs = 2_000;

export interface ThreadBeatsOptions {
  readonly nats: NatsOptions;
  readonly sender: string;
  readonly host: string;
  readonly namespace: string;
  readonly everyMs: number;
  readonly log: Logger;
  /** Beats on this thread while the other one cannot: until it has connected, and whenever it has lost its link or its life. */
  standIn(nextSequence: () => number): StandIn;
}

interface StandIn extends Beats {
  retire(): void;
}

/** Beats from a thread with a connection of its own, so that a held-up event loop does not look like a dead process. */
export class ThreadBeats implements Beats {
  readonly #options: ThreadBeatsOptions;
  /** The loop's tick count and the last sequence; a thread that takes over goes on where the one before it ended. */
  readonly #shared = new Int32Array(new SharedArrayBuffer(8));
  /** What a thread that takes over is told first. */
  readonly #entries = new Map<string, MemberEntry>();
  readonly #pause = backoff({ initialMs: 100, maxMs: 5_000 }, Math.random);
  #worker: Worker | undefined;
  #standIn: StandIn | undefined;
  #losses = 0;
  // The thread measures real time, so the loop counts by it whatever clock the host has.
  #tickTimer: Timer;
  #restartTimer: Timer;
  #stopping: Promise<void> | undefined;

  constructor(options: ThreadBeatsOptions) {
    this.#options = options;
    this.#tick();
    this.#stepIn();
    this.#start();
  }

  put(entries: readonly MemberEntry[]): void {
    if (this.#stopping) return;
    for (const entry of entries) {
      if (isOver(entry)) this.#entries.delete(placeOf(entry));
      else this.#entries.set(placeOf(entry), entry);
    }
    this.#standIn?.put(entries);
    this.#post({ kind: "put", entries });
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  #tick(): void {
    Atomics.add(this.#shared, 0, 1);
    this.#tickTimer = systemClock.setTimeout(() => this.#tick(), loopTickMs);
  }

  #start(): void {
    const { nats, sender, host, namespace, everyMs, log } = this.#options;
    const workerData: BeatThreadData = { nats, sender, host, namespace, everyMs, shared: this.#shared };
    const file = new URL(findTaskFile(new URL("./beat-thread.js", import.meta.url)));
    const execArgv = threadArguments(process.execArgv);
    const worker = new Worker(file, { workerData, ...(execArgv ? { execArgv } : {}) });
    worker.unref();
    worker.on("message", (message: FromBeatThread) => {
      if (message.kind === "log") log.warn(message.text);
      else if (message.up) this.#stepBack();
      else this.#stepIn();
    });
    worker.on("error", (err) => log.warn({ err }, "the thread that beats for this host failed"));
    worker.on("exit", () => this.#lost(worker));
    this.#worker = worker;
    if (this.#entries.size > 0) this.#post({ kind: "put", entries: [...this.#entries.values()] });
  }

  #lost(worker: Worker): void {
    if (this.#stopping || worker !== this.#worker) return;
    this.#worker = undefined;
    this.#stepIn();
    const pauseMs = this.#pause(this.#losses++);
    this.#options.log.warn({ pauseMs }, "the thread that beats for this host ended; starting another");
    this.#restartTimer = systemClock.setTimeout(() => this.#start(), pauseMs);
  }

  #stepIn(): void {
    if (this.#standIn || this.#stopping) return;
    this.#standIn = this.#options.standIn(() => Atomics.add(this.#shared, 1, 1) + 1);
    if (this.#entries.size > 0) this.#standIn.put([...this.#entries.values()]);
  }

  #stepBack(): void {
    this.#losses = 0;
    if (this.#stopping) return;
    this.#standIn?.retire();
    this.#standIn = undefined;
  }

  #post(message: ToBeatThread): void {
    this.#worker?.postMessage(message);
  }

  async #stop(): Promise<void> {
    const worker = this.#worker;
    systemClock.clearTimeout(this.#restartTimer);
    await this.#standIn?.stop();
    if (worker) {
      await new Promise<void>((resolve) => {
        const timer = systemClock.setTimeout(resolve, stopTimeoutMs);
        worker.once("exit", () => {
          systemClock.clearTimeout(timer);
          resolve();
        });
        this.#post({ kind: "stop" });
      });
      await worker.terminate();
    }
    systemClock.clearTimeout(this.#tickTimer);
  }
}

/** How modules are found. */
const moduleFlags = new Set(["--conditions", "-C", "--import", "--require", "-r"]);

/**
 * What the thread is given of this process's flags; undefined leaves it to Node, which passes over what is the process's
 * own, V8's flags among them. Given by hand those are refused, as is, by a thread that runs a file, what says how to read
 * the text of `--eval`: then only what finds modules is given.
 */
function threadArguments(given: readonly string[]): string[] | undefined {
  const name = (argument: string | undefined) => argument?.split("=", 1)[0] ?? "";
  if (!given.some((argument) => name(argument) === "--input-type")) return undefined;
  return given.filter((argument, at) => {
    const before = given[at - 1] ?? "";
    return moduleFlags.has(name(argument)) || (moduleFlags.has(before) && !argument.startsWith("-"));
  });
}
