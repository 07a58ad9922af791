import { Worker } from "node:worker_threads";

/**
 * Starts a thread of the runtime's own. Write the entry as `new URL("./<name>-thread.ts", import.meta.url)`: from sources it
 * names the file; the build puts the thread's text in its place, so that a bundled program needs no file beside it.
 */
export function startThread(entry: URL | string, workerData: unknown): Worker {
  const execArgv = threadArguments(process.execArgv);
  return new Worker(entry, { eval: typeof entry === "string", workerData, ...(execArgv ? { execArgv } : {}) });
}

/** How modules are found. */
const moduleFlags = new Set(["--conditions", "-C", "--import", "--require", "-r"]);

/**
 * What the thread is given of this process's flags; undefined leaves it to Node, which passes over what is the process's
 * own, V8's flags among them. Given by hand those are refused. So is what says how to read the text of `--eval`, by a thread
 * that runs a file; and a thread that runs text would read that text so. Then only what finds modules is given.
 */
function threadArguments(given: readonly string[]): string[] | undefined {
  const name = (argument: string | undefined) => argument?.split("=", 1)[0] ?? "";
  if (!given.some((argument) => name(argument) === "--input-type")) return undefined;
  return given.filter((argument, at) => {
    const before = given[at - 1] ?? "";
    return moduleFlags.has(name(argument)) || (moduleFlags.has(before) && !argument.startsWith("-"));
  });
}
