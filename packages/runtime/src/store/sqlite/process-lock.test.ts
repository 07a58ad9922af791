import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, statSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, test } from "vitest";
import { ManualClock } from "../../base/manual-clock.ts";
import { scratchDirectory } from "../scratch.test-kit.ts";
import { sqlite } from "./index.ts";
import { lockForProcess } from "./process-lock.ts";

const program = join(import.meta.dirname, "holder.test-program.ts");
const open = (path: string) => sqlite({ path }).open({ clock: new ManualClock() });

/** Starts a process that takes the file; resolves with what it says. */
async function holder(path: string): Promise<{ child: ChildProcess; says: string }> {
  const child = spawn(process.execPath, ["--conditions=reeve-source", program, path], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const [says] = await once(createInterface(child.stdout!), "line");
  return { child, says };
}

async function end(child: ChildProcess, signal?: NodeJS.Signals): Promise<void> {
  const exited = child.exitCode === null && child.signalCode === null ? once(child, "exit") : undefined;
  if (signal) child.kill(signal);
  else child.stdin!.end();
  await exited;
}

test("a second process is refused, naming the one that holds the file, until that one ends", async () => {
  using scratch = scratchDirectory();
  const path = scratch.file("store.db");
  const { child, says } = await holder(path);
  expect(says).toBe("held");
  await expect(open(path)).rejects.toMatchObject({
    ...{ reason: "STORE_IN_USE", code: "FAILED_PRECONDITION" },
    message: expect.stringContaining(`"${path}" is held by process ${child.pid} on ${hostname()}`),
    data: { path, pid: child.pid, host: hostname() },
  });
  await end(child);
  await (await open(path)).close();
});

test("a lock dies with its process, also by kill -9", async () => {
  using scratch = scratchDirectory();
  const path = scratch.file("store.db");
  for (const _ of [1, 2]) {
    const { child, says } = await holder(path);
    expect(says).toBe("held");
    await end(child, "SIGKILL");
  }
  await (await open(path)).close();
});

test("a lock has nothing that a power loss could damage: its file is empty, and none is beside it but the holder's name", async () => {
  using scratch = scratchDirectory();
  const lock = lockForProcess(scratch.file("store.db"));
  expect(readdirSync(scratch.file("")).toSorted()).toEqual(["store.db-lock", "store.db-lock.json"]);
  expect(statSync(scratch.file("store.db-lock")).size).toBe(0);
  lock.release();
});

test("a damaged name of the holder is reported as unknown", async () => {
  using scratch = scratchDirectory();
  const path = scratch.file("store.db");
  const lock = lockForProcess(path);
  writeFileSync(`${path}-lock.json`, "\0\0\0");
  expect(() => lockForProcess(path)).toThrow(`store file "${path}" is held by another process`);
  lock.release();
});

test("a second supervisor in the same process is refused too, and does not drop the lock of the first", async () => {
  using scratch = scratchDirectory();
  const path = scratch.file("store.db");
  const first = await open(path);
  await expect(open(path)).rejects.toMatchObject({ reason: "STORE_IN_USE", data: { pid: process.pid } });
  const { child, says } = await holder(path);
  expect(says).toBe("STORE_IN_USE");
  await end(child);
  await first.close();
});

test("of processes that come at once, exactly one gets the file", async () => {
  using scratch = scratchDirectory();
  const path = scratch.file("store.db");
  const holders = await Promise.all(Array.from({ length: 5 }, () => holder(path)));
  expect(holders.map(({ says }) => says).toSorted()).toEqual([...Array(4).fill("STORE_IN_USE"), "held"]);
  await Promise.all(holders.map(({ child }) => end(child)));
});

test("a file other than a lock in its place is named", async () => {
  using scratch = scratchDirectory();
  const path = scratch.file("store.db");
  writeFileSync(`${path}-lock`, "no lock. ".repeat(200));
  await expect(open(path)).rejects.toMatchObject({
    reason: "STORE_CORRUPT",
    message: expect.stringContaining(`${path}-lock`),
  });
});
