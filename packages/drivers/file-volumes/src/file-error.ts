import type { Code } from "@reeve/contract";
import { DriverError } from "@reeve/driver-sdk";

const meanings: Readonly<Record<string, readonly [code: Code, what: string]>> = {
  ENOSPC: ["RESOURCE_EXHAUSTED", "the file system is full"],
  EDQUOT: ["RESOURCE_EXHAUSTED", "the quota is used up"],
  EFBIG: ["RESOURCE_EXHAUSTED", "larger than a file may be here"],
  EACCES: ["PERMISSION_DENIED", "this process may not"],
  EPERM: ["PERMISSION_DENIED", "this process may not"],
  EROFS: ["FAILED_PRECONDITION", "the file system is read-only"],
  ELOOP: ["FAILED_PRECONDITION", "a symbolic link stands where an image should be"],
  EISDIR: ["FAILED_PRECONDITION", "a directory stands where an image should be"],
  EIO: ["UNAVAILABLE", "the disk reports an error"],
  ESTALE: ["UNAVAILABLE", "the file system went away"],
  ENODEV: ["UNAVAILABLE", "the file system went away"],
  ENXIO: ["UNAVAILABLE", "the file system went away"],
  EAGAIN: ["UNAVAILABLE", "it is busy"],
  EBUSY: ["UNAVAILABLE", "it is busy"],
  ETXTBSY: ["UNAVAILABLE", "it is busy"],
  EINTR: ["UNAVAILABLE", "the call was interrupted"],
  ETIMEDOUT: ["UNAVAILABLE", "the file system did not answer in time"],
  EHOSTDOWN: ["UNAVAILABLE", "the file system's server is away"],
  EHOSTUNREACH: ["UNAVAILABLE", "the file system's server is away"],
  ENOTCONN: ["UNAVAILABLE", "the file system went away"],
  ENOMEM: ["UNAVAILABLE", "the system is out of memory"],
  EMFILE: ["UNAVAILABLE", "too many open files"],
  ENFILE: ["UNAVAILABLE", "too many open files"],
};

/** A file system's error in the words of the port; anything else as it is. */
export function fileError(what: string, error: unknown): unknown {
  const errno = errnoOf(error);
  const [code, meaning] = (errno && meanings[errno]) || [];
  return code ? new DriverError(code, `${what}: ${meaning} (${errno})`, { data: { errno }, cause: error }) : error;
}

export function errnoOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === "string" ? code : undefined;
}
