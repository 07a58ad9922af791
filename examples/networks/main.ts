import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { formatMs, messageOf } from "@reeve/example-telling";
import { labKernel, natsServerBinary } from "@reeve/testing";

const usage = `Usage: pnpm networks [--json]

  --json   print one line for machines and nothing else`;

const { json, help } = readArguments();
if (help) {
  console.log(usage);
  process.exit();
}

const inside = fileURLToPath(new URL("./inside.ts", import.meta.url));
const startedAt = performance.now();
try {
  // Fetched here: the lab has no way out.
  const [lab, server] = await Promise.all([labKernel(), natsServerBinary()]);
  if (!json) console.log("\nReeve, networks on Linux and on two switches, in a kernel of their own.\n");
  const command = [process.execPath, "--conditions=reeve-source", inside, ...(json ? ["--json"] : [])] as const;
  const { status, complaints } = await lab.run([...command], {
    env: {
      NATS_SERVER: server,
      NODE_COMPILE_CACHE: "/run/compiled",
      FORCE_COLOR: process.stdout.isTTY && !process.env.NO_COLOR ? "1" : "0",
    },
    memoryMiB: 1536,
    onLine: (line) => console.log(line),
  });
  if (status === 0 && !json) console.log(`All of it held, in ${formatMs(performance.now() - startedAt)}.`);
  if (status !== 0) console.error(complaints);
  process.exitCode = status ?? 1;
} catch (error) {
  console.error(messageOf(error));
  process.exitCode = 1;
}

function readArguments() {
  const flag = { type: "boolean", default: false } as const;
  try {
    return parseArgs({ options: { json: flag, help: flag } }).values;
  } catch (error) {
    console.error(`${messageOf(error)}\n\n${usage}`);
    process.exit(2);
  }
}
