import { command } from "./command.ts";

interface Entry {
  readonly pid: number;
  readonly parent: number;
}

/** The processes that a process has started, and that still run. */
export async function childrenOf(parent: number): Promise<number[]> {
  return (await processes()).filter((entry) => entry.parent === parent).map(({ pid }) => pid);
}

/** Whether none of these processes runs any more. One whose parent has not asked for its end yet does not run. */
export async function haveEnded(pids: readonly number[]): Promise<boolean> {
  const running = new Set((await processes()).map(({ pid }) => pid));
  return !pids.some((pid) => running.has(pid));
}

/** Does nothing to a process that has ended. */
export function signalTo(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {}
}

async function processes(): Promise<Entry[]> {
  const table = await command("ps", ["-A", "-o", "pid=,ppid=,stat="], 5_000);
  return table.split("\n").flatMap((line) => {
    const [pid, parent, state = "Z"] = line.trim().split(/\s+/);
    return state.startsWith("Z") ? [] : [{ pid: Number(pid), parent: Number(parent) }];
  });
}
