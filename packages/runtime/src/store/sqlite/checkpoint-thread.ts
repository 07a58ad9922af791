import { DatabaseSync } from "node:sqlite";
import { parentPort, workerData } from "node:worker_threads";
import { checkpointSettings } from "./settings.ts";

/** What the thread starts with. */
export interface CheckpointThreadData {
  readonly path: string;
}

/**
 * - `passive`: copies what no reader needs from the log, beside writer and readers
 * - `restart`: copies the rest and begins the log anew; only while nothing is written and no snapshot is pinned
 */
export type CheckpointKind = "passive" | "restart";

export interface CheckpointRequest {
  readonly id: number;
  readonly kind: CheckpointKind | "close";
}

export type CheckpointAnswer =
  | { readonly id: number; readonly whole: boolean }
  | { readonly id: number; readonly error: string; readonly errcode: number | undefined };

const port = parentPort!;
const { path } = workerData as CheckpointThreadData;
const database = new DatabaseSync(path, { timeout: 2_000 });
database.exec(checkpointSettings);

/** Whether all of the log is in the database now. */
function checkpoint(kind: CheckpointKind): boolean {
  const { busy, log, checkpointed } = database.prepare(`pragma wal_checkpoint(${kind})`).get() as {
    readonly busy: number;
    readonly log: number;
    readonly checkpointed: number;
  };
  const whole = busy === 0 && log === checkpointed;
  // The first commit of a log that is begun anew waits until its header is synced: made here, it keeps no event loop waiting.
  if (kind === "restart" && whole) commitNothing();
  return whole;
}

function commitNothing(): void {
  const { user_version } = database.prepare("pragma user_version").get() as { readonly user_version: number };
  database.exec(`begin immediate; pragma user_version = ${user_version}; commit`);
}

port.on("message", ({ id, kind }: CheckpointRequest) => {
  const tell = (answer: CheckpointAnswer) => port.postMessage(answer);
  try {
    if (kind !== "close") return tell({ id, whole: checkpoint(kind) });
    database.close();
    tell({ id, whole: true });
    port.close();
  } catch (error) {
    const { message, errcode } = error as { readonly message: string; readonly errcode?: number };
    if (database.isOpen && database.isTransaction) database.exec("rollback");
    tell({ id, error: message, errcode });
  }
});
