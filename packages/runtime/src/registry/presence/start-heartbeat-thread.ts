import { startThread } from "../../base/start-thread.ts";
import type { FromHeartbeatThread, HeartbeatThreadData } from "./heartbeat-thread.ts";

export interface HeartbeatThreadPort {
  told(message: FromHeartbeatThread): void;
  failed(error: unknown): void;
  exited(): void;
}

/** Starts the thread, and returns how to end it. It keeps no process alive. */
export function startHeartbeatThread(data: HeartbeatThreadData, port: HeartbeatThreadPort): () => Promise<unknown> {
  const worker = startThread(new URL("./heartbeat-thread.ts", import.meta.url), data);
  worker.unref();
  worker.on("message", (message: FromHeartbeatThread) => port.told(message));
  worker.on("error", (error) => port.failed(error));
  worker.on("exit", () => port.exited());
  return () => worker.terminate();
}
