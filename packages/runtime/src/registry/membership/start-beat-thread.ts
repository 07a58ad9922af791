import { Worker } from "node:worker_threads";
import { findTaskFile } from "../../workers/task-file.ts";
import type { BeatThreadData } from "./beat-thread.ts";
import type { FromBeatThread, ToBeatThread } from "./beating-thread.ts";

/** A thread that beats, as the one that started it sees it. */
export interface BeatThread {
  tell(message: ToBeatThread): void;
  terminate(): Promise<unknown>;
}

export interface BeatThreadPort {
  told(message: FromBeatThread): void;
  failed(error: unknown): void;
  exited(): void;
}

/** Starts the thread. It keeps no process alive. */
export function startBeatThread(workerData: BeatThreadData, port: BeatThreadPort): BeatThread {
  const file = new URL(findTaskFile(new URL("./beat-thread.js", import.meta.url)));
  const execArgv = threadArguments(process.execArgv);
  const worker = new Worker(file, { workerData, ...(execArgv ? { execArgv } : {}) });
  worker.unref();
  worker.on("message", (message: FromBeatThread) => port.told(message));
  worker.on("error", (error) => port.failed(error));
  worker.on("exit", () => port.exited());
  return {
    tell: (message) => worker.postMessage(message),
    terminate: () => worker.terminate(),
  };
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
