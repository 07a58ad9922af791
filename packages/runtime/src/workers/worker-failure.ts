import { ReeveError, type ReeveErrorJson, reeveError } from "@reeve/contract";

/** An error in a form that crosses threads whole; structured clone would keep only name, message and stack. */
export interface WorkerFailure {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly code: string | undefined;
  readonly reeve: ReeveErrorJson | undefined;
  readonly cause: WorkerFailure | undefined;
}

/** An error may be its own cause. */
const deepest = 8;

/** In the worker: describes whatever was thrown. Its values are plain, so that posting it cannot fail in turn. */
export function describeFailure(error: unknown, depth = 0): WorkerFailure {
  if (!(error instanceof Error)) {
    const message = typeof error === "string" ? error : `threw ${typeof error}`;
    return { name: typeof error, message, stack: undefined, code: undefined, reeve: undefined, cause: undefined };
  }
  const { code } = error as { code?: unknown };
  return {
    name: String(error.name),
    message: String(error.message),
    stack: error.stack,
    code: typeof code === "string" ? code : undefined,
    reeve: error instanceof ReeveError ? plain(error.toJSON()) : undefined,
    cause: error.cause === undefined || depth >= deepest ? undefined : describeFailure(error.cause, depth + 1),
  };
}

function plain(json: ReeveErrorJson): ReeveErrorJson {
  try {
    return structuredClone(json);
  } catch {
    const { data: _, ...rest } = json;
    return rest;
  }
}

export function isWorkerFailure(value: unknown): value is WorkerFailure {
  return typeof value === "object" && value !== null && !(value instanceof Error) && "reeve" in value;
}

/** In the caller: a `ReeveError` comes back as what it was, anything else as `WORKER_FAILED`; `cause` has the worker's stack. */
export function restoreFailure(failure: WorkerFailure, task: string): ReeveError {
  const cause = restoreCause(failure);
  if (failure.reeve) return new ReeveError({ ...failure.reeve, cause });
  return reeveError("WORKER_FAILED", `worker task ${task}: ${failure.message}`, { cause });
}

function restoreCause({ name, message, stack, code, cause }: WorkerFailure): Error {
  const error = new Error(message, cause && { cause: restoreCause(cause) });
  error.name = name;
  if (stack !== undefined) error.stack = stack;
  return code === undefined ? error : Object.assign(error, { code });
}
