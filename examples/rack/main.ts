import { parseArgs } from "node:util";
import { formatMs, messageOf, runSteps, type StepReport, silent, terminal } from "@reeve/example-telling";
import { Rack } from "./rack.ts";
import { steps } from "./steps/index.ts";

const usage = `Usage: pnpm rack [--json] [--stay]

  --json   print one line for machines and nothing else
  --stay   show all hosts on a page from the start, and leave everything running before the last step`;

const { json, stay, help } = readArguments();
if (help) {
  console.log(usage);
  process.exit();
}

const startedAt = performance.now();
const tell = json ? silent : terminal(process.stdout);
const rack = await Rack.open(stay);
// Whoever interrupts it leaves by this way too: nothing is left behind, and what did not finish has not held.
process.once("exit", () => rack.remove());
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));

tell.close(`\nReeve, a rack: nine processes that share a broker (${rack.broker.url}) and a PostgreSQL.\n`);
const wanted = stay ? steps.slice(0, -1) : steps;
const reports: readonly StepReport[] = await runSteps(wanted, rack, tell);
const ok = reports.length === wanted.length && reports.every((report) => report.ok);
const volumes = rack.account.acknowledged.length - rack.deleted.size;
if (ok)
  tell.close(
    `${reports.length} steps held in ${formatMs(performance.now() - startedAt)}; ${volumes} volumes are there.`,
  );
else tell.close(rack.complaints());
if (stay && ok) {
  tell.close(`Look at it: ${await rack.page}`);
  tell.close(`Process ${process.pid} runs on, in ${rack.directory}. Ctrl-C ends everything.`);
  await new Promise(() => setInterval(() => {}, 60_000));
}
await rack.close();
if (json) process.stdout.write(`${JSON.stringify({ ok, steps: reports, volumes })}\n`);
process.exitCode = ok ? 0 : 1;

function readArguments() {
  const flag = { type: "boolean", default: false } as const;
  try {
    return parseArgs({ options: { json: flag, stay: flag, help: flag } }).values;
  } catch (error) {
    console.error(`${messageOf(error)}\n\n${usage}`);
    process.exit(2);
  }
}
