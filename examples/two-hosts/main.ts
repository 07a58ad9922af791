// node --conditions=reeve-source examples/two-hosts/main.ts [--json] [--stay]
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { natsServer } from "@reeve/testing";
import { Process } from "./process.ts";
import { rules } from "./rules.ts";
import type { Word } from "./word.ts";

/** By script: the variable with the password of the user that it logs in as. */
const users = {
  storage: "REEVE_BLOCK_01",
  scheduler: "REEVE_SCHED_01",
  page: "REEVE_OPS_01",
  caller: "REEVE_CLI",
} as const;
const json = process.argv.includes("--json");
/** Shows both hosts on a page from the start, and leaves them running before the last step. */
const stay = process.argv.includes("--stay");
const tell = (line: string) => {
  if (!json) console.log(line);
};
const directory = mkdtempSync(join(tmpdir(), "reeve-two-hosts-"));
const started: Process[] = [];
const steps: Omit<Extract<Word, { event: "step" }>, "event">[] = [];

// However it ends, nothing is left behind.
process.once("exit", () => {
  for (const each of started) each.abandon();
  rmSync(directory, { recursive: true, force: true });
});

// The broker finds the passwords of its users in its environment, as whoever runs one would give them to it. One that begins
// with a digit would be taken for a number there.
const passwords = Object.fromEntries(
  Object.keys(users).map((script) => [script, `p${randomBytes(12).toString("hex")}`]),
);
for (const [script, variable] of Object.entries(users)) process.env[variable] = passwords[script];
const server = await natsServer({ config: rules.config });
const start = (script: ConstructorParameters<typeof Process>[0]) => {
  const args = [server.url, directory, ...(stay ? ["--stay"] : [])];
  const child = new Process(script, args, passwords[script]!);
  started.push(child);
  return child;
};
const [block, scheduler] = await Promise.all([start("storage").ready(), start("scheduler").ready()]);
tell(`block-01 is process ${block.pid}, sched-01 process ${scheduler.pid}; they share nothing but ${server.url}`);
const page = stay ? await start("page").ready() : undefined;
if (page) tell(`look at them: ${page.page}`);

let storage = block;
const caller = start("caller");
let draining: Promise<number | null> | undefined;
for await (const word of caller.words()) await heed(word);
const called = await caller.done();
if (stay && called === 0) {
  tell(`all of it runs on at ${page!.page}; Ctrl-C ends it`);
  await new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, resolve);
  });
  drainStorage();
}
const codes = { caller: called, storage: await draining, scheduler: await scheduler.end("SIGTERM") };
await page?.end("SIGTERM");
await server.close();
// Each host tries at its start whether the broker refuses what it must: that is not counted.
const denied = server.log.split("\n").filter((line) => / Violation .*/.test(line) && !line.includes("somebody-else"));
const ok = Object.values(codes).every((code) => code === 0) && denied.length === 0;
tell(`exit codes: ${JSON.stringify(codes)}; denied by the broker: ${denied.join(", ") || "nothing"}`);
if (json) console.log(JSON.stringify({ ok, steps, codes, denied }));
process.exitCode = ok ? 0 : 1;

async function heed(word: Word): Promise<void> {
  switch (word.event) {
    case "said":
      return tell(`  ${word.line}`);
    case "step": {
      const { event, ...step } = word;
      steps.push(step);
      return tell(step.ok ? `✓ ${step.name}, ${step.ms} ms` : `✗ ${step.name}: ${step.why}`);
    }
    case "wish":
      return word.wish === "kill" ? killStorage() : drainStorage();
    case "ready":
  }
}

async function killStorage(): Promise<void> {
  const { pid } = storage;
  await storage.end("SIGKILL");
  storage = await start("storage").ready();
  tell(`  process ${pid} was killed with kill -9; ${storage.pid} took over its tables`);
}

function drainStorage(): void {
  draining ??= storage.end("SIGTERM");
}
