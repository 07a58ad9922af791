// node --conditions=reeve-source examples/provisioning/main.ts [--json]
import { runSteps, silent, terminal } from "@reeve/example-telling";
import { Desk } from "./desk.ts";
import { steps } from "./steps.ts";

const json = process.argv.includes("--json");
const tell = json ? silent : terminal(process.stdout);
const desk = await Desk.open();
// However it ends, nothing is left behind.
process.once("exit", () => desk.remove());
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));

await desk.start();
const reports = await runSteps(steps, desk, tell);
await desk.close();
const ok = reports.length === steps.length && reports.every((report) => report.ok);
if (json) process.stdout.write(`${JSON.stringify({ ok, steps: reports })}\n`);
process.exitCode = ok ? 0 : 1;
