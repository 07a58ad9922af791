import { hostname } from "node:os";
import type { DatabaseSync } from "node:sqlite";
import { DriverError, type DriverOwner } from "@reeve/driver-sdk";
import { fileError } from "./file-error.ts";
import type { Root } from "./root.ts";
import { type Holder, readHolder, signHolder } from "./root-holder.ts";

/** Keeps everybody out who may not share the root, until it is released or the process ends, however that dies. */
export interface RootLock {
  release(): void;
}

const lockName = ".reeve-lock";
/** Not `.reeve-lock.…`, which could be the lock of a host. */
const holderName = ".reeve-holder";
const busy = 5;
/** Others only look, for less than this; who holds it does so for long. The event loop waits meanwhile. */
const busyTimeoutMs = 50;
/** Somebody else may come in between writing the name and holding it. */
const attempts = 3;

/**
 * Takes a root for a manager: two that keep no books in common would each find the images of the other, and take them for
 * lost ones. The sessions of one manager in one process share it; two managers of one host do not. Where it is shared, members
 * of one cluster do, and so do two processes at one address: the later one fences the one before, which may only be paused.
 *
 * @throws DriverError `UNAVAILABLE`, retryable, naming the holder; what the file system says
 */
export function lockRoot(root: Root, owner: DriverOwner | undefined, shared: boolean): RootLock {
  // A tool, or a test: nobody who would take images for its own.
  if (!owner) return { release() {} };
  const { host, address, manager, cluster } = owner;
  const self = { host, address, pid: process.pid };
  const life = `${hostname()} ${process.pid} ${performance.timeOrigin} ${manager} ${address}`;
  if (!shared) return take(root, lockName, { ...self, party: life });
  const namesakes = `${manager} ${address}`;
  if (cluster === undefined) return take(root, lockName, { ...self, party: namesakes });
  const members = take(root, lockName, { ...self, party: `cluster ${cluster}` });
  try {
    const own = take(root, `${lockName}-${host}`, { ...self, party: namesakes });
    return {
      release() {
        own.release();
        members.release();
      },
    };
  } catch (error) {
    members.release();
    throw error;
  }
}

/**
 * Whoever holds it has an open read transaction on a database, which the operating system ends with the process: no lock is
 * ever stale. That database stays empty, so that no power loss can damage it. Whose the root is stands in a file beside it,
 * which is written only while nobody holds the lock.
 */
function take(root: Root, name: string, self: Holder): RootLock {
  const path = root.file(name);
  const holderPath = root.file(name.replace(lockName, holderName));
  let lock: DatabaseSync | undefined;
  try {
    // Asked for here: an old Node refuses a program that imports it before anything can say which Node is needed.
    const sqlite = process.getBuiltinModule("node:sqlite");
    lock = new sqlite.DatabaseSync(path, { timeout: busyTimeoutMs });
    // With its journal in memory, nothing is written at all.
    lock.exec("pragma journal_mode = memory");
    for (let attempt = 0; attempt < attempts; attempt++) {
      if (hold(lock, holderPath)?.party === self.party) return releasing(lock);
      lock.exec("rollback");
      try {
        sign(lock, holderPath, self);
      } catch (error) {
        // Another of the same party has signed and holds it by now.
        if (!isBusy(error) || readHolder(holderPath)?.party !== self.party) throw error;
      }
    }
  } catch (error) {
    const holder = isBusy(error) ? readHolder(holderPath) : undefined;
    lock?.close();
    throw isBusy(error) ? inUse(root, holder) : unusable(root, path, error);
  }
  lock.close();
  throw inUse(root, undefined);
}

/** Idempotent. */
function releasing(lock: DatabaseSync): RootLock {
  let held = true;
  return {
    release() {
      if (held) lock.close();
      held = false;
    },
  };
}

/** Opens the read transaction, and tells whose the root is. */
function hold(lock: DatabaseSync, holderPath: string): Holder | undefined {
  lock.exec("begin; select 1 from sqlite_schema");
  return readHolder(holderPath);
}

function sign(lock: DatabaseSync, holderPath: string, self: Holder): void {
  lock.exec("begin exclusive");
  try {
    signHolder(holderPath, self);
  } finally {
    lock.exec("rollback");
  }
}

function inUse(root: Root, holder: Holder | undefined): DriverError {
  const who = holder ? `${holder.address}, process ${holder.pid}` : "another process";
  return new DriverError(
    "UNAVAILABLE",
    `root ${root.path}: held by ${who}; give each manager a directory of its own, stop that one, or give members of one cluster shared: true`,
    { data: holder ? { host: holder.host, address: holder.address, pid: holder.pid } : {} },
  );
}

function unusable(root: Root, path: string, error: unknown): unknown {
  if (error instanceof Error && "errcode" in error)
    return new DriverError(
      "FAILED_PRECONDITION",
      `root ${root.path}: lock file ${path}: ${error.message}; remove it when no process uses the root`,
      { cause: error },
    );
  return fileError(path, error);
}

function isBusy(error: unknown): boolean {
  return ((error as { readonly errcode?: number }).errcode ?? 0) % 256 === busy;
}
