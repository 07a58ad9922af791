import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

/** Where a process dies: at one end of a commit (counted from the call), of a call of the driver, or before a command of the device. */
export type Gap =
  | { readonly commit: number; readonly moment: "before" | "after" }
  | { readonly method: string; readonly moment: "before" | "after" }
  | { readonly command: string };

const program = fileURLToPath(new URL("./wired-child.fixture.ts", import.meta.url));

/** Has a process do something to a port and die in that gap. @throws Error when it came through, or ended otherwise */
export async function killedIn(gap: Gap, directory: string, act: "attach" | "detach", portId: string): Promise<void> {
  const args = ["--conditions=reeve-source", program, directory, act, portId, JSON.stringify(gap)];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
  const [said, wrong] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  if (said !== "" || child.signalCode !== "SIGKILL")
    throw new Error(
      `${JSON.stringify(gap)}: expected it to be killed, it ended with ${child.exitCode} ${said}${wrong}`,
    );
}
