import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

export interface ExampleRun {
  /** Resolves once what it prints fits. Rejects when it ends before. */
  says(pattern: RegExp): Promise<RegExpExecArray>;
}

/** Runs an example as a person does, until the test has finished. */
export async function runExample(name: string, ...args: readonly string[]): Promise<ExampleRun> {
  const place = await mkdtemp(join(tmpdir(), "reeve-browser-example-"));
  // PostgreSQL is run by another user where this is run by root.
  await chmod(place, 0o755);
  const main = fileURLToPath(new URL(`../../examples/${name}/main.ts`, import.meta.url));
  const child = spawn(process.execPath, ["--conditions=reeve-source", main, ...args], {
    env: { ...process.env, TMPDIR: place },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let printed = "";
  const looks = new Set<() => void>();
  child.stdout.on("data", (chunk: Buffer) => {
    printed += chunk;
    for (const look of looks) look();
  });
  onTestFinished(async () => {
    if (child.exitCode === null) {
      child.kill("SIGTERM");
      await once(child, "exit");
    }
    await rm(place, { recursive: true, force: true });
  });
  const says = async (pattern: RegExp): Promise<RegExpExecArray> => {
    const { promise, resolve, reject } = Promise.withResolvers<RegExpExecArray>();
    const look = (): void => {
      const found = pattern.exec(printed);
      if (found) resolve(found);
    };
    const onExit = (): void => reject(new Error(`${name} ended before it said ${pattern}:\n${printed}`));
    looks.add(look);
    child.once("exit", onExit);
    look();
    try {
      return await promise;
    } finally {
      looks.delete(look);
      child.off("exit", onExit);
    }
  };
  return { says };
}

/** Where its page is. */
export async function pageOf({ says }: ExampleRun): Promise<{ readonly port: number; readonly token: string }> {
  const [, port, token] = await says(/http:\/\/127\.0\.0\.1:(\d+)\/#token=([\w-]+)/);
  return { port: Number(port), token: token! };
}
