import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";

export interface TestResults {
  readonly passed: readonly string[];
  readonly failed: readonly string[];
  readonly skipped: readonly { readonly name: string; readonly reason: string }[];
}

/** Runs a file of `node:test` as a user would, in a process of its own, and reads its report (TAP). */
export async function runTests(directory: string, file: string): Promise<TestResults> {
  const passed: string[] = [];
  const failed: string[] = [];
  const skipped: { name: string; reason: string }[] = [];
  const args = ["--conditions=reeve-source", "--test-reporter=tap", "--test", join(directory, file)];
  // A runner that finds itself inside another one's worker reports to that one.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const child = spawn(process.execPath, args, { cwd: directory, env, stdio: ["ignore", "pipe", "inherit"] });
  const report: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    report.push(line);
    const [, not, name = "", reason] = /^(?: {4})?(not )?ok \d+ - (.*?)(?: # SKIP ?(.*))?$/.exec(line) ?? [];
    if (name === "" || name === file || name.endsWith(`/${file}`)) continue;
    if (not) failed.push(name);
    else if (reason !== undefined) skipped.push({ name, reason });
    else passed.push(name);
  }
  if (child.exitCode === null) await once(child, "exit");
  if (child.exitCode !== 0 && failed.length === 0) throw new Error(`${file} did not run:\n${report.join("\n")}`);
  return { passed, failed, skipped };
}
