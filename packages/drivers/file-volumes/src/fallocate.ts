import { spawn } from "node:child_process";
import type { FileHandle } from "node:fs/promises";
import { DriverError } from "@reeve/driver-sdk";
import { errnoOf } from "./file-error.ts";

/** util-linux's tool on the opened file, not on its name. Node has no fallocate of its own. */
const ownDescriptor = 3;

/**
 * Reserves storage for a file of that many bytes; what is there stays, what is new reads as zeros.
 *
 * @throws DriverError `RESOURCE_EXHAUSTED` when the file system is full, `UNIMPLEMENTED` when it or this machine cannot
 */
export function fallocate(file: FileHandle, bytes: number, signal: AbortSignal): Promise<void> {
  return run(["-l", String(bytes), `/proc/self/fd/${ownDescriptor}`], file.fd, signal);
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
    tool.on("error", (error) => reject(signal.aborted ? signal.reason : notStarted(error)));
    tool.on("close", (status) => (status === 0 ? resolve() : reject(failed(complaint.trim()))));
  });
}

function notStarted(error: unknown): DriverError {
  const missing = errnoOf(error) === "ENOENT";
  return new DriverError(
    missing ? "UNIMPLEMENTED" : "UNAVAILABLE",
    missing
      ? 'allocation "full": there is no fallocate on the PATH; install util-linux or allocate "sparse"'
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
