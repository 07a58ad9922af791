import { execFileSync } from "node:child_process";
import { constants, mkdtempSync, openSync, rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { ManualClock } from "../base/manual-clock.ts";
import { openLogStream } from "./log-stream.ts";

const line = `${"x".repeat(999)}\n`;

test("a file that takes its lines slowly is waited for no longer than a second when it is closed, and gets all of them", async () => {
  const directory = mkdtempSync(join(tmpdir(), "reeve-log-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const path = join(directory, "pipe");
  // It takes 64 KiB, and more when somebody reads.
  execFileSync("mkfifo", [path]);
  const clock = new ManualClock();
  const stream = openLogStream(openSync(path, constants.O_RDWR), clock);
  for (let count = 0; count < 200; count++) stream.write(line);
  let closed = false;
  const closing = stream.close().then(() => {
    closed = true;
  });
  await clock.advance(999);
  expect(closed).toBe(false);
  await clock.advance(1);
  await closing;
  expect((await readFile(path, "utf8")).split("\n")).toHaveLength(201);
  expect(stream.lost).toBe(0);
});
