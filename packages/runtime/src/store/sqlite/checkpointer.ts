import type { Worker } from "node:worker_threads";
import { reeveError } from "@reeve/contract";
import { startThread } from "../../base/start-thread.ts";
import type { CheckpointAnswer, CheckpointKind, CheckpointRequest, CheckpointThreadData } from "./checkpoint-thread.ts";
import { storeFailure } from "./errors.ts";

/** Copies the log into the database. Every kind waits for the disk, so it is done by a thread with a connection of its own. */
export interface Checkpointer {
  /** Whether all of the log is in the database now. @throws ReeveError `STORE_FAILED` */
  run(kind: CheckpointKind): Promise<boolean>;
  close(): Promise<void>;
}

interface Waiting {
  readonly resolve: (whole: boolean) => void;
  readonly reject: (error: unknown) => void;
}

/** Starts the thread when it is first needed: most processes end before that. It keeps a process alive while it works. */
export class CheckpointThread implements Checkpointer {
  readonly #path: string;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #ids = 0;

  constructor(path: string) {
    this.#path = path;
  }

  run(kind: CheckpointKind): Promise<boolean> {
    return this.#ask(kind);
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    if (!worker) return;
    const exited = new Promise((resolve) => worker.once("exit", resolve));
    // One that fails meanwhile has closed its connection too.
    await this.#ask("close").catch(() => {});
    worker.ref();
    await exited;
  }

  #ask(kind: CheckpointRequest["kind"]): Promise<boolean> {
    this.#worker ??= this.#start();
    const request: CheckpointRequest = { id: ++this.#ids, kind };
    this.#worker.ref();
    this.#worker.postMessage(request);
    return new Promise((resolve, reject) => this.#waiting.set(request.id, { resolve, reject }));
  }

  #start(): Worker {
    const data: CheckpointThreadData = { path: this.#path };
    const worker = startThread(new URL("./checkpoint-thread.ts", import.meta.url), data);
    worker.on("message", (answer: CheckpointAnswer) => this.#answered(answer));
    worker.on("error", (error) => this.#ended(error));
    worker.on("exit", () => this.#ended(new Error("it exited")));
    return worker;
  }

  #answered(answer: CheckpointAnswer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if (this.#waiting.size === 0) this.#worker?.unref();
    if ("whole" in answer) waiting?.resolve(answer.whole);
    else waiting?.reject(storeFailure(this.#path, Object.assign(new Error(answer.error), { errcode: answer.errcode })));
  }

  /** The next request starts another. */
  #ended(error: unknown): void {
    this.#worker = undefined;
    const message = `store file "${this.#path}": the thread that copies its log into it ended`;
    const failure = reeveError("STORE_FAILED", message, { cause: error, data: { path: this.#path } });
    for (const { reject } of this.#waiting.values()) reject(failure);
    this.#waiting.clear();
  }
}
