import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { inspect } from "node:util";
import { type ReeveError, secret } from "@reeve/contract";
import { defineManager } from "@reeve/runtime";
import { localCluster } from "@reeve/testing";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { jobs } from "./jobs.fixture.ts";

const program = fileURLToPath(new URL("./config-file.fixture.ts", import.meta.url));

/** A process that reads its configuration from a file. */
async function configured(text: string) {
  const directory = await mkdtemp(join(tmpdir(), "reeve-config-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  const file = join(directory, "jobs.json");
  const write = (content: string) => writeFile(file, content);
  await write(text);
  const child = spawn(process.execPath, ["--conditions=reeve-source", program, file], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let log = "";
  child.stderr.setEncoding("utf8").on("data", (data: string) => {
    log += data;
  });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  return {
    write,
    next: async () => (await lines.next()).value as string,
    reset: () => void child.kill("SIGHUP"),
    /** The lines of its log, once it has ended. */
    async log(): Promise<string[]> {
      child.kill("SIGTERM");
      expect(await once(child, "exit")).toEqual([0, null]);
      return log.split("\n");
    },
  };
}

test("a file that breaks before a SIGHUP is told once, and is a cause until one is read that is good", async () => {
  const process = await configured('{ "limit": 10 }');
  expect(await process.next()).toBe("ready");
  await process.write("{ limit: ");
  process.reset();
  expect(await process.next()).toBe("serving CONFIG_REFUSED 11");
  await process.write('{ "limit": 20 }');
  process.reset();
  expect(await process.next()).toBe("serving well 21");
  const told = (await process.log()).filter((line) => line.includes("its source failed"));
  expect(told).toHaveLength(1);
  expect(told[0]).toContain("config of jobs at child: its source failed: SyntaxError");
});

const Limits = z.object({
  limit: z.number(),
  token: secret(z.string()).refine((token) => token !== "stolen-token", {
    error: ({ input }) => `${input} was revoked`,
  }),
});

/** A manager whose configuration is what the test says, or throws. */
async function limited() {
  const source = { read: (): unknown => ({ limit: 10, token: "first-token" }) };
  const definition = defineManager({
    contract: jobs,
    config: Limits,
    setup: ({ config }) => ({ operations: { work: async ({ n }) => n + config.current.limit } }),
  });
  const cluster = await localCluster([[definition, { config: () => source.read() as z.infer<typeof Limits> }]]);
  const { supervisor, log } = cluster;
  const status = () => supervisor.managers()[0]!.status;
  const work = (n: number) => supervisor.ref(jobs).work({ n });
  return { source, log, supervisor, status, work, [Symbol.asyncDispose]: () => cluster.stop() };
}

test("a life that begins beside a broken configuration goes on with the last good one, however often it ends", async () => {
  await using host = await limited();
  const { source, supervisor, status, work } = host;
  source.read = () => ({ limit: 20, token: "second-token" });
  await supervisor.reset();
  source.read = () => ({ limit: "many" });
  await supervisor.restart("jobs", "test");
  expect(status()).toMatchObject({ phase: "ready", causes: [{ reason: "CONFIG_REFUSED" }] });
  expect(await work(1)).toBe(21);
  supervisor.kill("jobs", "test");
  await supervisor.until("jobs", "test", ({ status: { phase } }) => phase === "ready");
  expect(status().causes[0]).toMatchObject({ reason: "CONFIG_REFUSED", message: expect.stringContaining("limit") });
  expect(await work(1)).toBe(21);
  source.read = () => ({ limit: 30, token: "third-token" });
  await supervisor.reset();
  expect([status().causes, await work(1)]).toEqual([[], 31]);
});

test.each<[string, () => unknown]>([
  ["a parser quotes the text", () => JSON.parse('{"limit": 1, "token": "first-token" "x"}')],
  ["a parser shows the line", () => expect.fail('bad line 2:\n  token: "first-token"')],
  ["a source tells what it tried", () => expect.fail("vault refuses first-token")],
])("no secret of a configuration stands in its cause or in the log where %s", async (_, read) => {
  await using host = await limited();
  const { source, supervisor, status, log } = host;
  source.read = read;
  const refused = await supervisor.reset().catch((error: ReeveError) => error);
  await supervisor.restart("jobs", "test");
  const told = [status().causes, inspect(refused, { depth: 9 }), log.lines];
  expect(status().causes[0]!.message).toContain("config of jobs at test");
  expect(inspect(told, { depth: 9 })).not.toContain("first-token");
});

test("a secret that its own schema refuses is not told by the refusal", async () => {
  await using host = await limited();
  const { source, supervisor, status, log } = host;
  source.read = () => ({ limit: 1, token: "stolen-token" });
  const refused = await supervisor.reset().catch((error: ReeveError) => error);
  expect(inspect([status().causes, refused, log.lines], { depth: 9 })).not.toContain("stolen-token");
  expect(status().causes[0]!.message).toContain("token");
});
