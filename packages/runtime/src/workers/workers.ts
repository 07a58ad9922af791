import { availableParallelism } from "node:os";
import { basename } from "node:path";
import type { MessagePort } from "node:worker_threads";
import { type ReeveError, reeveError } from "@reeve/contract";
import type { Piscina } from "piscina";
import { type Clock, systemClock } from "../base/clock.ts";
import { knownKeys, readInteger } from "../config/index.ts";
import type { Logger } from "../telemetry/index.ts";
import { cancelled, Slots } from "./slots.ts";
import { findTaskFile } from "./task-file.ts";
import { isWorkerFailure, restoreFailure } from "./worker-failure.ts";

/** The default export of a task's file. Input and answer are copied between threads. */
export type WorkerTask = (input: any) => unknown;

export interface WorkersOptions {
  /** Threads at most. Default: one less than the processors there are, at least 1. */
  readonly size?: number | undefined;
  /** Runs that may wait for a thread. Default 1024. */
  readonly maxQueued?: number | undefined;
  /** Heap of one thread in MiB, at least 32; a task that needs more loses its thread. Default: what Node gives a thread. */
  readonly memoryMb?: number | undefined;
}

export interface RunOptions {
  /** Aborting it takes a waiting run out of the line, and ends the thread of a running one. */
  readonly signal?: AbortSignal | undefined;
  /** Moved to the worker instead of copied: buffers, ports. */
  readonly transfer?: readonly (ArrayBuffer | MessagePort)[] | undefined;
}

/** What a manager gets: code that would hold up the event loop runs in another thread. */
export interface Workers {
  /**
   * Runs the default export of a file in a worker thread: `workers.run<typeof task>(new URL("./task.js", import.meta.url), input)`.
   * Runs begin in order as threads become free. From sources, `./task.js` finds `./task.ts`.
   *
   * @throws ReeveError what the task threw, if that was one; `WORKER_FAILED` with the worker's error as `cause` if not;
   *   `WORKER_LOST` when the thread exited or ran out of memory; `WORKERS_FULL` when too many wait; the signal's reason,
   *   or `CANCELLED`; `NOT_SERVING` after `stop`
   */
  run<F extends WorkerTask = (input: unknown) => unknown>(
    file: URL,
    input: Parameters<F>[0],
    options?: RunOptions,
  ): Promise<Awaited<ReturnType<F>>>;
}

/** One process's threads, made at the first run and given back after half a minute without one. */
export interface WorkerPool extends Workers {
  /**
   * Refuses further runs and waits for those accepted; what has not ended by then is terminated and fails with `CANCELLED`.
   *
   * @returns how many runs were terminated or never begun
   */
  stop(withinMs: number): Promise<number>;
  report(): { readonly running: number; readonly queued: number; readonly size: number };
}

const idleMs = 30_000;

/**
 * A thread at its limit is given 16 MiB more to be stopped in (Node, src/node_worker.cc). When V8 moves more than that out of
 * the young generation at once, by default up to 48, the whole process ends instead.
 */
const youngMb = 12;

/** @throws ReeveError `INVALID_OPTION` naming the field and the value */
export function createWorkerPool(options: WorkersOptions, log: Logger, clock: Clock = systemClock): WorkerPool {
  knownKeys("workers", options, ["size", "maxQueued", "memoryMb"]);
  const size = readInteger("workers.size", options.size, Math.max(1, availableParallelism() - 1), { max: 512 });
  const maxQueued = readInteger("workers.maxQueued", options.maxQueued, 1024, { min: 0 });
  // With less, V8 cannot make the thread and ends the whole process.
  const memoryMb = readInteger("workers.memoryMb", options.memoryMb, 0, { min: 32 });
  const line = new Slots(size, maxQueued);
  let pool: Promise<Piscina> | undefined;
  let stopped: Promise<number> | undefined;
  let cut = false;

  /** Loaded at first use: most programs never need it, and it would delay every start. */
  async function open(): Promise<Piscina> {
    const filename = entryFile();
    const { Piscina } = await import("piscina");
    const opened = new Piscina({
      filename,
      maxThreads: size,
      minThreads: 0,
      idleTimeout: idleMs,
      // A thread that sleeps between tasks would hold up timers and sockets the last one left open.
      atomics: "disabled",
      resourceLimits: {
        maxYoungGenerationSizeMb: youngMb,
        ...(memoryMb > 0 && { maxOldGenerationSizeMb: memoryMb }),
      },
    });
    opened.on("error", (err) => {
      log.error({ err }, "worker thread failed between tasks");
      // A thread that dies while it starts leaves its run waiting for ever: give those up, and the pool with them.
      if (opened.threads.length > 0) return;
      pool = undefined;
      void opened.destroy();
    });
    return opened;
  }

  async function execute(file: string, input: unknown, options: RunOptions): Promise<unknown> {
    pool ??= open();
    const { signal, transfer } = options;
    const threads = await pool;
    try {
      return await threads.run(
        { file, input },
        { ...(signal && { signal }), ...(transfer && { transferList: [...transfer] }) },
      );
    } catch (error) {
      if (signal?.aborted) throw cancelled(signal, "maybe-executed");
      if (isWorkerFailure(error)) throw restoreFailure(error, basename(file));
      if (cut) throw reeveError("CANCELLED", `worker task ${basename(file)}: its supervisor stopped`, { cause: error });
      throw lost(file, error);
    }
  }

  return {
    async run(file, input, options = {}) {
      if (stopped)
        throw reeveError("NOT_SERVING", "workers: the supervisor has stopped", { data: { state: "stopped" } });
      const task = findTaskFile(file);
      const { signal } = options;
      const leave = await line.enter(signal);
      try {
        return (await execute(task, input, options)) as never;
      } finally {
        leave();
      }
    },
    stop(withinMs) {
      stopped ??= (async () => {
        const unfinished = await line.drain(withinMs, clock);
        cut = true;
        line.close();
        await (await pool?.catch(() => undefined))?.destroy();
        return unfinished;
      })();
      return stopped;
    },
    report: () => ({ running: line.inside, queued: line.waiting, size }),
  };
}

/** What each thread of the pool begins with. A bundle has neither this file nor that of piscina. */
function entryFile(): string {
  try {
    return findTaskFile(new URL("./worker-entry.js", import.meta.url));
  } catch (cause) {
    const advice =
      "leave @reeve/runtime out of the bundle (esbuild: --external:@reeve/runtime) and install it beside it";
    throw reeveError(
      "INVALID_OPTION",
      `workers: this program was bundled without the file of their threads; ${advice}`,
      { cause },
    );
  }
}

/** What became of a run whose thread did not answer for itself. */
function lost(file: string, cause: unknown): ReeveError {
  const { code, message, stack } = cause as { code?: unknown; message?: unknown; stack?: unknown };
  const task = `worker task ${basename(file)}`;
  // An answer that cannot be copied ends the thread, and its error arrives with nothing but its stack.
  if (String(stack).startsWith("DataCloneError")) {
    return reeveError("WORKER_FAILED", `${task}: its input or answer cannot be copied between threads`, { cause });
  }
  const why = code === "ERR_WORKER_OUT_OF_MEMORY" ? "it ran out of memory" : String(message);
  return reeveError("WORKER_LOST", `${task}: its thread died: ${why}`, { cause });
}
