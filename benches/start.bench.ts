import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "./build.ts";
import type { Figure } from "./figure.ts";
import { median } from "./median.ts";

const rounds = 15;

/**
 * From the start of a process to the first answer of its one manager, in process and on an SQLite file that is there
 * already. It runs what users deploy: the packages and the program as built, not their sources.
 */
export async function figures(): Promise<readonly Figure[]> {
  build();
  const directory = mkdtempSync(join(tmpdir(), "reeve-bench-"));
  try {
    const path = join(directory, "store.sqlite");
    const program = buildProgram();
    await start(program, path);
    const times: number[] = [];
    for (let round = 0; round < rounds; round++) times.push(await start(program, path));
    return [{ id: "start.one", ours: median(times), peer: null, ratio: null, unit: "ms", peerName: null }];
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** As JavaScript, beside the dependencies that it imports. */
function buildProgram(): string {
  const directory = join(import.meta.dirname, ".cache");
  mkdirSync(directory, { recursive: true });
  const program = join(directory, "start-one.js");
  writeFileSync(program, stripTypeScriptTypes(readFileSync(new URL("./start-one.ts", import.meta.url), "utf8")));
  return program;
}

async function start(program: string, path: string): Promise<number> {
  const begun = performance.now();
  const child = fork(program, [path], {
    execArgv: [],
    stdio: ["ignore", 2, 2, "ipc"],
  });
  const ms = await served(child, begun);
  const exited = once(child, "exit");
  child.send("stop");
  await exited;
  return ms;
}

async function served(child: ChildProcess, begun: number): Promise<number> {
  const ended = once(child, "exit").then(([code]) => {
    throw new Error(`it ended with ${code} before it served`);
  });
  ended.catch(() => undefined);
  await Promise.race([once(child, "message"), ended]);
  return performance.now() - begun;
}
