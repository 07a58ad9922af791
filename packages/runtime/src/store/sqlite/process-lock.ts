import { readFileSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { DatabaseSync } from "node:sqlite";
import { reeveError } from "@reeve/contract";
import { storeFailure } from "./errors.ts";

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
 * with the process, however that dies, so no lock is ever stale. That file stays empty, so that no power loss can damage it;
 * the holder's name stands in a third one, which decides nothing.
 *
 * The lock file must not be opened by anything but SQLite here: closing any descriptor of it would drop the lock
 * (https://sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_).
 *
 * @throws ReeveError `STORE_IN_USE` naming the process that holds it
 */
export function lockForProcess(path: string): ProcessLock {
  const lockPath = `${path}-lock`;
  let lock: DatabaseSync | undefined;
  try {
    lock = new DatabaseSync(lockPath, { timeout: 250 });
    // With its journal in memory, nothing is written at all.
    lock.exec("pragma journal_mode = memory; begin immediate");
    sign(path, { pid: process.pid, host: hostname() });
  } catch (error) {
    lock?.close();
    throw isBusy(error) ? inUse(path, holderOf(path)) : storeFailure(lockPath, error);
  }
  const held = lock;
  return { release: () => held.close() };
}

/** Left behind at the end: it is read only while another holds the lock. */
const signature = (path: string) => `${path}-lock.json`;

function sign(path: string, holder: Holder): void {
  try {
    writeFileSync(signature(path), JSON.stringify(holder));
  } catch {
    // A full disk, say. The lock holds all the same.
  }
}

function holderOf(path: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(signature(path), "utf8")) as Holder;
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
