import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { onTestFinished } from "vitest";

/** A process that announces a manager at `child`. */
export interface Child {
  readonly process: ChildProcess;
  send(command: string): void;
  /** Resolves with the next line it writes. */
  line(): Promise<string>;
  exited(): Promise<void>;
}

/** Killed after the test. */
export function announcingChild(url: string, intervalMs = 200): Child {
  const file = new URL("./announcing.fixture.ts", import.meta.url).pathname;
  const child = spawn(process.execPath, ["--conditions=reeve-source", file, url, String(intervalMs)], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const exit = once(child, "exit");
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await exit;
  });
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  return {
    process: child,
    send: (command) => void child.stdin!.write(`${command}\n`),
    line: async () => (await lines.next()).value ?? "",
    exited: async () => void (await exit),
  };
}
