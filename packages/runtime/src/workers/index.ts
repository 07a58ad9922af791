export {
  createWorkerPool,
  type RunOptions,
  type WorkerPool,
  type Workers,
  type WorkersOptions,
  type WorkerTask,
} from "./workers.ts";
