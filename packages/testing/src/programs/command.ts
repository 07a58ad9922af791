import { execFile } from "node:child_process";
import { promisify } from "node:util";

const execute = promisify(execFile);

/** Runs a program to its end. Rejects, with what it wrote to stderr, when it fails or takes longer than `timeoutMs`. */
export async function command(file: string, args: readonly string[], timeoutMs: number, cwd?: string): Promise<string> {
  try {
    const { stdout } = await execute(file, [...args], { cwd, timeout: timeoutMs, killSignal: "SIGKILL" });
    return stdout;
  } catch (cause) {
    const { stderr, killed } = cause as { stderr?: string; killed?: boolean };
    const why = killed ? `took longer than ${timeoutMs} ms` : stderr?.trim() || (cause as Error).message;
    throw new Error(`${file} ${args.join(" ")}: ${why}`, { cause });
  }
}
