import { closeSync, constants, fstatSync, openSync, readFileSync, writeSync } from "node:fs";
import { DriverError } from "@reeve/driver-sdk";
import { fileError } from "./file-error.ts";

/** Who has a root. */
export interface Holder {
  /** Holders of one group share. */
  readonly party: string;
  readonly host: string;
  readonly address: string;
  readonly pid: number;
}

/** Nothing that stands under the name leads elsewhere, or makes the event loop wait as a pipe does. */
const careful = constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** Each holder is written over the one before, in a block that the file has already: also where the file system is full. */
const size = 2_048;

/** Undefined where nobody has signed, and where a power loss left half of a name: nobody holds the root after one. */
export function readHolder(path: string): Holder | undefined {
  let file: number | undefined;
  try {
    file = openSync(path, constants.O_RDONLY | careful);
    return JSON.parse(readFileSync(file, "utf8")) as Holder | undefined;
  } catch {
    return undefined;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** Only while nobody else can hold the root. @throws DriverError */
export function signHolder(path: string, { party, host, address, pid }: Holder): void {
  const text = Buffer.from(JSON.stringify({ party, host, address, pid }).padEnd(size));
  let file: number | undefined;
  try {
    file = openSync(path, constants.O_RDWR | constants.O_CREAT | careful, 0o600);
    if (!fstatSync(file).isFile()) throw new DriverError("FAILED_PRECONDITION", `${path}: no regular file; remove it`);
    if (writeSync(file, text, 0, text.length, 0) < text.length)
      throw new DriverError("RESOURCE_EXHAUSTED", `${path}: only a part of it could be written`);
  } catch (error) {
    throw fileError(path, error);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}
