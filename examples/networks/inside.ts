import { messageOf, runSteps, silent, terminal } from "@reeve/example-telling";
import { House } from "./house.ts";
import { steps } from "./steps/index.ts";

// Runs inside the lab kernel: `inside.ts --json` ends with one line for machines.
const json = process.argv.includes("--json");
// Its parent's terminal is told, and shows colours.
const tell = json
  ? silent
  : terminal({ isTTY: process.env.FORCE_COLOR === "1", write: (text) => process.stdout.write(text) });

let house: House | undefined;
try {
  house = await House.open();
  const reports = await runSteps(steps, house, tell);
  const ok = reports.length === steps.length && reports.every((report) => report.ok);
  if (!ok) tell.close(house.complaints());
  if (json) console.log(JSON.stringify({ ok, steps: reports }));
  process.exitCode = ok ? 0 : 1;
} catch (error) {
  console.error(messageOf(error));
  process.exitCode = 1;
} finally {
  await house?.close();
}
