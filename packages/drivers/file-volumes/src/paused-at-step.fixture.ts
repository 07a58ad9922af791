import child from "node:child_process";
import fs from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { createInterface } from "node:readline";
import type { Fenced } from "@reeve/driver-sdk";
import { fileVolumes } from "./file-volumes.ts";
import { callWith } from "./session.fixture.ts";

// Usage: paused-at-step.fixture.ts <root> <allocation> [<host>]. For each line `<epoch> <step> <operation> <input>` it sets the driver
// up in that epoch, calls the operation, and stops itself before the given step that the operation takes to the operating
// system. It answers with the number of steps that were taken and what the operation came to.

const [root = "", allocation = "sparse", host = "member-1"] = process.argv.slice(2);
const driver = fileVolumes({ root, shared: true, allocation: allocation as "sparse" | "full" });
const owner = { host, address: `${host}@ssd`, manager: "volume", cluster: "rack-a" };

let taken = Number.NaN;
let stopBefore = Number.NaN;

function step(what: string): void {
  if (++taken === stopBefore) {
    process.stderr.write(`${what}\n`);
    process.kill(process.pid, "SIGSTOP");
  }
}

function stepped(object: object, names: readonly string[]): void {
  const methods = object as Record<string, (...given: unknown[]) => unknown>;
  for (const name of names) {
    const original = methods[name]!;
    methods[name] = function (this: unknown, ...given) {
      step(name);
      return original.apply(this, given);
    };
  }
}

const handle = await fs.open(import.meta.filename);
stepped(Object.getPrototypeOf(handle), ["read", "write", "truncate", "sync", "datasync", "stat", "close"]);
await handle.close();
stepped(fs, ["open", "link", "rename", "rm", "rmdir", "mkdir", "readdir", "lstat", "stat", "access", "copyFile"]);
stepped(child, ["spawn"]);
syncBuiltinESMExports();

for await (const line of createInterface({ input: process.stdin })) {
  const [epoch, stop, operation, input] = JSON.parse(line) as [number, number, string, Record<string, unknown>];
  stopBefore = stop;
  taken = operation === "setup" ? 0 : Number.NaN;
  let outcome = "done";
  const session = await driver.setup({ ...callWith(), owner, epoch }).catch((error) => {
    outcome = String(error);
  });
  if (session && operation !== "setup") {
    taken = 0;
    try {
      await called(session, operation, input);
    } catch (error) {
      outcome = String(error);
    }
  }
  const answer = { steps: taken, outcome };
  taken = Number.NaN;
  await session?.close();
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}

async function called(
  { methods, abilities, fence }: Awaited<ReturnType<typeof driver.setup>>,
  operation: string,
  input: Record<string, unknown>,
): Promise<void> {
  if (operation === "fence") return fence!(input as unknown as Fenced, callWith());
  const [ability = "", method] = operation.split(".");
  const run = method === undefined ? methods[ability]! : abilities[ability]![method]!;
  const answer = run(input.content ? { ...input, data: chunks(String(input.content)) } : input, callWith());
  if (operation === "images.export") for await (const _chunk of answer as AsyncIterable<Uint8Array>);
  else await answer;
}

async function* chunks(content: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(content);
}
