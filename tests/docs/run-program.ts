import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

/** Runs a program as a user would, to its end. Resolves with what it printed. @throws Error with what it complained of */
export async function runProgram(directory: string, file: string): Promise<string> {
  const args = ["--conditions=reeve-source", join(directory, file)];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: directory });
  return stdout;
}
