import { parseArgs } from "node:util";
import { formatMs, messageOf, runSteps, type StepReport, silent, terminal } from "@reeve/example-telling";
import { nats } from "@reeve/nats";
import { House } from "./house.ts";
import { steps } from "./steps/index.ts";
import { keepBusy } from "./traffic.ts";

const usage = `Usage: pnpm demo [--json] [--stay] [--nats <url>]

  --json   print one line for machines and nothing else
  --stay   leave everything running at the end, and show it on a page from the start
  --nats   be reached over that broker, as its user "demo" with the password in REEVE_PASSWORD`;

const { json, stay, nats: servers, help } = readArguments();
if (help) {
  console.log(usage);
  process.exit();
}

const startedAt = performance.now();
const transport =
  servers === undefined ? {} : { transport: nats({ servers, user: "demo", password: process.env.REEVE_PASSWORD }) };
const house = new House({ inspected: stay, ...transport });
const tell = json ? silent : terminal(process.stdout);
let reports: readonly StepReport[] = [];
let volumes = 0;
let reported = false;

// Whoever interrupts the demo leaves by this way too: nothing is left behind, and what did not finish has not held.
process.once("exit", () => {
  house.remove();
  report();
  if (!allHeld()) process.exitCode = 1;
});

tell.close(
  `\nReeve, block storage in one process: ${servers === undefined ? "an in-process transport" : servers} and one SQLite file.\n`,
);
reports = await runSteps(steps, house, tell);
if (allHeld()) {
  volumes = await house.count();
  tell.close(`${steps.length} steps held in ${formatMs(performance.now() - startedAt)}; ${volumes} volumes are there.`);
} else {
  tell.close(house.complaints());
}
report();
if (stay && allHeld()) {
  tell.close(`Look at it: ${house.supervisor.inspectorUrl}`);
  tell.close(`Process ${process.pid} runs on, in ${house.directory}. Ctrl-C drains and stops it.`);
  void keepBusy(house);
} else await house.stop();

function allHeld(): boolean {
  return reports.length === steps.length && reports.every(({ ok }) => ok);
}

function report(): void {
  if (json && !reported) process.stdout.write(`${JSON.stringify({ ok: allHeld(), steps: reports, volumes })}\n`);
  reported = true;
}

function readArguments() {
  const flag = { type: "boolean", default: false } as const;
  try {
    return parseArgs({ options: { json: flag, stay: flag, nats: { type: "string" }, help: flag } }).values;
  } catch (error) {
    console.error(`${messageOf(error)}\n\n${usage}`);
    process.exit(2);
  }
}
