import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { command } from "./command.ts";

/** Whether SIGSTOP has reached a process: the signal is sent before the last of its threads stops. */
export async function isStopped(pid: number): Promise<boolean> {
  const tasks = `/proc/${pid}/task`;
  if (!existsSync(tasks)) return (await command("ps", ["-o", "stat=", "-p", String(pid)], 5_000)).search(/^[TZ]/) === 0;
  const states = await Promise.all(
    (await readdir(tasks)).map(async (task) => {
      // One that ends meanwhile is asked about again.
      const stat = await readFile(`${tasks}/${task}/stat`, "utf8").catch(() => "");
      // The second field is the name in parentheses, which may hold anything.
      return stat.slice(stat.lastIndexOf(")") + 2, stat.lastIndexOf(")") + 3);
    }),
  );
  // One that has ended, which a parent that stands still does not take note of, has stopped for good.
  return states.every((state) => state === "T" || state === "Z");
}
