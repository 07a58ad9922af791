import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "@nats-io/transport-node";
import { natsServer } from "@reeve/testing";
import { build as bundle } from "esbuild";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { build } from "./packed.ts";

beforeAll(build, 120_000);

/** A host whose event loop stands still when it is told to. */
const program = `
  import { call, contract } from "@reeve/contract";
  import { connect, createSupervisor, defineManager } from "@reeve/runtime";
  import { nats } from "@reeve/nats";
  import { sqlite } from "@reeve/runtime/sqlite";
  import { pathToFileURL } from "node:url";
  import { z } from "zod";
  const sums = contract("sums", "1.0", { add: call({ input: z.object({ a: z.number(), b: z.number() }), output: z.number() }) });
  const servers = process.argv[2];
  const supervisor = createSupervisor({ host: "child", transport: nats({ servers }), store: sqlite({ path: "db" }), log: { level: "warn" } });
  supervisor.spawn(defineManager({ contract: sums, setup: ({ workers }) => ({
    operations: {
      async add({ a, b }) {
        await workers.run(pathToFileURL(process.argv[1]), {}).catch(({ message }) => console.log(message));
        return a + b;
      },
    },
  }) }));
  supervisor.handleSignals();
  await supervisor.start();
  const caller = await connect({ transport: nats({ servers, caller: "caller" }) });
  console.log("sum", await caller.ref(sums).add({ a: 1, b: 2 }));
  await caller.close();
  process.on("SIGUSR2", () => {
    console.log("standing still");
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 6_000);
    console.log("going on");
  });
  console.log("ready");
`;

test.each(["esm", "cjs"] as const)(
  "a program bundled to one file (%s) serves, beats from its thread, and stops",
  async (format) => {
    const folder = mkdtempSync(join(tmpdir(), "reeve-bundled-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const stdin = { contents: format === "cjs" ? wrapped(program) : program, resolveDir: import.meta.dirname };
    // What it brings along of CommonJS asks for modules of Node as CommonJS does.
    const banner = {
      js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
    };
    const outfile = join(folder, format === "esm" ? "host.mjs" : "host.cjs");
    const { warnings } = await bundle({
      ...{ stdin, outfile, format, bundle: true, platform: "node", target: "node22", logLevel: "silent" },
      ...(format === "esm" && { banner }),
    });
    const told = warnings.filter(({ id }) => id !== "ignored-bare-import").map(({ text }) => text);
    expect(told).toEqual([]);
    await using server = await natsServer();
    const watcher = await connect({ servers: server.url });
    onTestFinished(() => watcher.close());
    const child = spawn(process.execPath, [outfile, server.url], { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
    onTestFinished(() => void child.kill("SIGKILL"));
    const exited = once(child, "exit");
    const text = { out: "", err: "" };
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => (text.out += chunk));
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => (text.err += chunk));
    const said = async (word: string) => {
      while (!text.out.includes(word))
        await Promise.race([once(child.stdout, "data"), exited.then(() => Promise.reject(new Error(text.err)))]);
    };
    await said("ready");
    expect(text.out).toContain("sum 3");
    expect(text.out).toContain("bundled without the file of their threads; leave @reeve/runtime out of the bundle");

    const beats = watcher.subscribe("reeve.sys.>");
    child.kill("SIGUSR2");
    await said("standing still");
    await watcher.flush();
    let heard = 0;
    for await (const _ of beats) if (++heard === 2) break;
    expect(text.out).not.toContain("going on");

    child.kill("SIGTERM");
    expect(await exited).toEqual([0, null]);
    expect(text.err).not.toContain("the thread that");
    expect(readdirSync(folder).filter((name) => name.startsWith("host"))).toHaveLength(1);
  },
  60_000,
);

function wrapped(text: string): string {
  const imports = text.match(/^ *import .*$/gm) ?? [];
  return `${imports.join("\n")}\n(async () => {${text.replace(/^ *import .*$/gm, "")}})();`;
}
