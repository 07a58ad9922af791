import { spawn } from "node:child_process";
import type { FileHandle } from "node:fs/promises";
import { DriverError } from "@reeve/driver-sdk";
import { errnoOf } from "./file-error.ts";

/** util-linux's tool on the opened file, not on its name. Node has no fallocate of its own. */
const ownDescriptor = 3;

export interface Reserved {
  /** Default 0. */
  readonly offset?: number;
  readonly bytes: number;
}

/**
 * Reserves storage for that part of a file, which grows where it ends before; what is there stays, what is new reads as zeros.
 * When it settles nothing of it comes after.
 *
 * @throws DriverError `RESOURCE_EXHAUSTED` when the file system is full, `UNIMPLEMENTED` when it or this machine cannot
 */
export function fallocate(file: FileHandle, { offset = 0, bytes }: Reserved, signal: AbortSignal): Promise<void> {
  return run(["-o", String(offset), "-l", String(bytes), `/proc/self/fd/${ownDescriptor}`], file.fd, signal);
}

/** @throws DriverError `UNIMPLEMENTED` when the tool is not installed */
export function requireFallocate(signal: AbortSignal): Promise<void> {
  return run(["--version"], "ignore", signal);
}

function run(options: readonly string[], descriptor: number | "ignore", signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const tool = spawn("fallocate", options, {
      signal,
      // Its messages are read below.
      env: { ...process.env, LC_ALL: "C" },
      stdio: ["ignore", "ignore", "pipe", descriptor],
    });
    let complaint = "";
    tool.stderr!.on("data", (text) => {
      complaint += text;
    });
    let failure: unknown;
    tool.on("error", (error) => {
      failure = signal.aborted ? signal.reason : notStarted(error);
      if (tool.pid === undefined) reject(failure);
    });
    // Not at the error: a tool that is being ended may have the step before it.
    tool.on("close", (status) => {
      if (status === 0) resolve();
      else reject(failure ?? failed(complaint.trim()));
    });
  });
}

function notStarted(error: unknown): DriverError {
  const missing = errnoOf(error) === "ENOENT";
  return new DriverError(
    missing ? "UNIMPLEMENTED" : "UNAVAILABLE",
    missing
      ? 'allocation "full" and a shared root: there is no fallocate on the PATH; install util-linux'
      : "fallocate did not start",
    { cause: error },
  );
}

function failed(complaint: string): DriverError {
  if (/No space left|quota/i.test(complaint))
    return new DriverError("RESOURCE_EXHAUSTED", `not enough space to reserve: ${complaint}`);
  if (/not supported/i.test(complaint))
    return new DriverError("UNIMPLEMENTED", `the file system cannot reserve space: ${complaint}`);
  return new DriverError("INTERNAL", `fallocate failed: ${complaint}`);
}
