import type { Code } from "@reeve/contract";
import { DriverError } from "@reeve/driver-sdk";
import type { Ended } from "../host/machine.ts";

/** A command that the host refused; those before it took effect. */
export class CommandFailure extends Error {
  /** How many of the commands took effect before it. */
  readonly done: number;
  readonly text: string;
  /** The program's words. */
  readonly words: string;

  constructor(done: number, text: string, words: string) {
    super(`${text}: ${words}`);
    this.done = done;
    this.text = text;
    this.words = words;
  }
}

/** A program was killed or fell silent on the way: what took effect is to be read. */
export class Interrupted extends Error {}

/** What the host says when it is not what it was when it was read: another reading decides. */
const changedMeanwhile =
  /File exists|Cannot find device|does not exist|No such (device|file|process)|Cannot assign requested address|is wrong: Invalid "netns"|Cannot open network namespace|Device or resource busy|Dump was interrupted|Cannot find bridge device/i;

/** What the kernel says as well when a link has left its bridge meanwhile. */
function isNoMember({ text, words }: CommandFailure): boolean {
  return text.startsWith("bridge ") && /not supported/i.test(words);
}

/** Whether reading again and deciding again may help. */
export function mayPass(failure: unknown): boolean {
  if (failure instanceof Interrupted) return true;
  if (!(failure instanceof CommandFailure)) return false;
  return changedMeanwhile.test(failure.words) || isNoMember(failure);
}

const meanings: readonly (readonly [words: RegExp, code: Code, meaning: string])[] = [
  [
    /not permitted|Permission denied|EACCES|EPERM|EROFS/i,
    "PERMISSION_DENIED",
    "this process needs CAP_NET_ADMIN and CAP_SYS_ADMIN",
  ],
  [/Exchange full|No space|No buffer space|Too many/i, "RESOURCE_EXHAUSTED", "the kernel has no room for it"],
  [/Cannot allocate memory|Resource temporarily unavailable/i, "UNAVAILABLE", "the host is short of memory"],
  [
    /not supported|Unknown device type|is a garbage|Not supported/i,
    "UNIMPLEMENTED",
    "this kernel or its iproute2 lacks it",
  ],
  [changedMeanwhile, "UNAVAILABLE", "something else changes the host at the same time"],
];

/** What the host said, in the words of the port; anything else as it is. */
export function commandError(error: unknown, applied: readonly string[]): unknown {
  if (error instanceof DriverError) return error.data?.applied ? error : withApplied(error, applied);
  if (error instanceof Interrupted)
    return new DriverError("UNAVAILABLE", `${error.message}`, { data: { applied }, cause: error });
  if (!(error instanceof CommandFailure)) return error;
  const [, code = "INTERNAL", meaning] = meanings.find(([words]) => words.test(error.words)) ?? [];
  const message = meaning ? `${error.message} (${meaning})` : error.message;
  return new DriverError(code, message, { data: { command: error.text, applied }, cause: error });
}

function withApplied(error: DriverError, applied: readonly string[]): DriverError {
  if (applied.length === 0) return error;
  const { code, message, retryable, data, cause } = error;
  return new DriverError(code, message, { retryable, data: { ...data, applied }, cause });
}

/** Which line of a batch was refused, from 1, and what was said of it. */
export function refusal({ stderr }: Pick<Ended, "stderr">): { line: number | undefined; words: string } {
  const line = /^Command failed [^:]*:(\d+)$/m.exec(stderr)?.[1];
  const words = stderr.split("\n").filter((text) => text.trim() !== "" && !text.startsWith("Command failed "));
  return { line: line === undefined ? undefined : Number(line), words: words.join("; ") || "it gave no reason" };
}
