import { hostname } from "node:os";
import { DatabaseSync } from "node:sqlite";
import { reeveError } from "@reeve/contract";
import { storeFailure } from "./failure.ts";

export interface Holder {
  readonly pid: number;
  readonly host: string;
}

export interface ProcessLock {
  release(): void;
}

const busy = 5;

/**
 * Takes the file for this process: an open write transaction on a second file beside it. The operating system ends it
 * with the process, however that dies, so no lock is ever stale.
 *
 * That second file must not be opened by anything but SQLite here: closing any descriptor of it would drop the lock
 * (https://sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_).
 *
 * @throws ReeveError `STORE_IN_USE` naming the process that holds it
 */
export function lockForProcess(path: string): ProcessLock {
  const lockPath = `${path}-lock`;
  let lock: DatabaseSync | undefined;
  try {
    lock = new DatabaseSync(lockPath, { timeout: 250 });
    lock.exec("begin immediate");
    signAs(lock, { pid: process.pid, host: hostname() });
    // Between these two another process may come first. Then it is the holder, and this one is refused.
    lock.exec("commit");
    lock.exec("begin immediate");
  } catch (error) {
    const holder = isBusy(error) && lock ? holderOf(lock) : undefined;
    lock?.close();
    throw isBusy(error) ? inUse(path, holder) : storeFailure(lockPath, error);
  }
  const held = lock;
  return { release: () => held.close() };
}

function signAs(lock: DatabaseSync, { pid, host }: Holder): void {
  lock.exec("create table if not exists holder (pid integer not null, host text not null) strict; delete from holder");
  lock.prepare("insert into holder (pid, host) values (?, ?)").run(pid, host);
}

/** A holder only keeps others from writing: its name can be read. */
function holderOf(lock: DatabaseSync): Holder | undefined {
  try {
    return lock.prepare("select pid, host from holder").get() as Holder | undefined;
  } catch {
    return undefined;
  }
}

function inUse(path: string, holder: Holder | undefined): Error {
  const who = holder ? `process ${holder.pid} on ${holder.host}` : "another process";
  return reeveError("STORE_IN_USE", `store file "${path}" is held by ${who}; stop it, or use another file`, {
    data: { path, ...holder },
  });
}

function isBusy(error: unknown): boolean {
  return ((error as { readonly errcode?: number }).errcode ?? 0) % 256 === busy;
}
