import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";

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
