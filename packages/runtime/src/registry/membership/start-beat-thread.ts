import { startThread } from "../../base/start-thread.ts";
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
  const worker = startThread(new URL("./beat-thread.ts", import.meta.url), workerData);
  worker.unref();
  worker.on("message", (message: FromBeatThread) => port.told(message));
  worker.on("error", (error) => port.failed(error));
  worker.on("exit", () => port.exited());
  return {
    tell: (message) => worker.postMessage(message),
    terminate: () => worker.terminate(),
  };
}
