import { existsSync } from "node:fs";
import { Worker } from "node:worker_threads";

/**
 * Starts a thread of the runtime's own. Write the entry as `new URL("./<name>-thread.ts", import.meta.url)`: from sources it
 * names the file; what is built has its compiled form there.
 */
export function startThread(entry: URL, workerData: unknown): Worker {
  const file = existsSync(entry) ? entry : new URL(entry.href.replace(/\.ts$/, ".js"));
  const execArgv = threadArguments(process.execArgv);
  return new Worker(file, { workerData, ...(execArgv ? { execArgv } : {}) });
}

/** How modules are found. */
const moduleFlags = new Set(["--conditions", "-C", "--import", "--require", "-r"]);

/**
 * What the thread is given of this process's flags; undefined leaves it to Node, which passes over what is the process's
 * own, V8's flags among them. Given by hand those are refused, as is, by a thread that runs a file, what says how to read
 * the text of `--eval`: then only what finds modules is given.
 */
function threadArguments(given: readonly string[]): string[] | undefined {
  const name = (argument: string | undefined) => argument?.split("=", 1)[0] ?? "";
  if (!given.some((argument) => name(argument) === "--input-type")) return undefined;
  return given.filter((argument, at) => {
    const before = given[at - 1] ?? "";
    return moduleFlags.has(name(argument)) || (moduleFlags.has(before) && !argument.startsWith("-"));
  });
}
