import { fork } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { parseArgs } from "node:util";
import type { Figure } from "./figure.ts";
import { asksForFigure, asksForFile } from "./selection.ts";
import { tableOf } from "./table.ts";

const suffix = ".bench.ts";

const { values, positionals: filters } = parseArgs({
  options: { json: { type: "boolean", default: false } },
  allowPositionals: true,
});

const names = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith(suffix))
  .map((file) => file.slice(0, -suffix.length))
  .filter((name) => asksForFile(filters, name))
  .sort();

const figures: Figure[] = [];
for (const name of names) {
  if (!values.json) console.error(`running ${name} …`);
  const wanted = (await measure(name)).filter(({ id }) => asksForFigure(filters, id));
  if (values.json) for (const figure of wanted) console.log(JSON.stringify(figure));
  figures.push(...wanted);
}
if (!values.json && figures.length > 0) console.log(tableOf(figures));
for (const filter of filters) {
  if (figures.some(({ id }) => asksForFigure([filter], id))) continue;
  console.error(`no figure is called ${filter}`);
  process.exitCode = 1;
}

/** Runs one file in a process of its own, as it would run in production; what it prints goes to stderr. */
async function measure(name: string): Promise<readonly Figure[]> {
  const child = fork(new URL("./measure.ts", import.meta.url), [`./${name}${suffix}`], {
    env: { ...process.env, NODE_ENV: "production" },
    execArgv: [...process.execArgv, "--expose-gc"],
    stdio: ["ignore", 2, 2, "ipc"],
  });
  const messages: (readonly Figure[])[] = [];
  child.on("message", (message) => messages.push(message as readonly Figure[]));
  const [code, signal] = await once(child, "exit");
  const [measured] = messages;
  if (measured) return measured;
  console.error(`${name} gave no figures (${signal ?? `exit code ${code}`})`);
  process.exitCode = 1;
  return [];
}
