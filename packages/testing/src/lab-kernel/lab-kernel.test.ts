import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { fittingKernel } from "./fitting-kernel.ts";
import { collectKernelFiles, readKernelFiles } from "./kernel-files.ts";
import { type LabKernel, labKernel, labKernelOf } from "./lab-kernel.ts";

vi.setConfig({ testTimeout: 180_000 });

let lab: LabKernel | undefined;
/** Skips, with the reason, where there is none; on a CI machine that is a failure, but for a processor that none runs on. */
async function kernel(skip: (reason: string) => never): Promise<LabKernel> {
  try {
    lab ??= await labKernel();
    return lab;
  } catch (error) {
    const { message } = error as Error;
    if (process.env.CI && !message.includes("cannot run on this processor")) throw error;
    return skip(message);
  }
}

const inNode = (script: string) => [process.execPath, "--eval", script] as const;

test("a command runs on a kernel of its own, with the host's files and VLAN filtering", async ({ skip }) => {
  const told: string[] = [];
  const { status, lines } = await (await kernel(skip)).run(
    [
      "sh",
      "-c",
      'uname -r; ip link add name br0 type bridge vlan_filtering 1 && cat "$1"; id -u',
      "sh",
      import.meta.filename,
    ],
    { onLine: (line) => told.push(line) },
  );
  expect(status).toBe(0);
  expect(lines[0]).toMatch(/^\d+\.\d+/);
  expect(lines.slice(1, -1).join("\n")).toBe((await readFile(import.meta.filename, "utf8")).trimEnd());
  expect(lines.at(-1)).toBe("0");
  expect(told).toEqual(lines);
});

test("a status, complaints, long lines and arguments of any text come through", async ({ skip }) => {
  const long = "x".repeat(100_000);
  const hostile = `it's "$HOME" \\ ; é`;
  const script = `console.log("x".repeat(100_000)); console.log(process.argv[1], process.env.SAID); console.error("oh no"); process.exit(7)`;
  const { status, lines, complaints } = await (await kernel(skip)).run([...inNode(script), hostile], {
    env: { SAID: hostile },
  });
  expect({ status, lines }).toEqual({ status: 7, lines: [long, `${hostile} ${hostile}`] });
  expect(complaints).toContain("oh no");
});

test("only the directories that are named can be written to", async ({ skip }) => {
  const directory = await mkdtemp(join(tmpdir(), "reeve-writable-"));
  try {
    const script = `
      fs.writeFileSync(${JSON.stringify(join(directory, "inside"))}, "hello");
      try { fs.writeFileSync(${JSON.stringify(join(tmpdir(), "reeve-outside"))}, ""); } catch (error) { console.log(error.code); }`;
    const { lines } = await (await kernel(skip)).run([...inNode(script)], { writable: [directory] });
    expect(lines).toEqual(["EROFS"]);
    expect(await readFile(join(directory, "inside"), "utf8")).toBe("hello");
  } finally {
    await rm(directory, { recursive: true });
  }
});

test("a Node that starts programs by the hundred does not upset the kernel", async ({ skip }) => {
  const script = `
    const { spawn } = require("node:child_process");
    const started = () => new Promise((resolve) => spawn("true").once("close", resolve));
    (async () => {
      for (let round = 0; round < 40; round++) await Promise.all([started(), started(), started(), started(), started()]);
      console.log("all ended");
    })();`;
  const { status, lines, complaints } = await (await kernel(skip)).run([...inNode(script)]);
  expect({ status, lines }, complaints).toEqual({ status: 0, lines: ["all ended"] });
  expect(complaints).not.toMatch(/BUG|panic/);
});

test("a lab that is aborted ends", async ({ skip }) => {
  const controller = new AbortController();
  const running = (await kernel(skip)).run([...inNode("console.log('up'); setInterval(() => {}, 1000)")], {
    signal: controller.signal,
    onLine: () => controller.abort(new Error("enough")),
  });
  await expect(running).rejects.toThrow("enough");
});

test("a lab dies with the process that runs it, even one that is killed", async ({ skip }) => {
  await kernel(skip);
  const TMPDIR = await mkdtemp(join(tmpdir(), "reeve-killed-"));
  const script = `
    import { labKernel } from ${JSON.stringify(import.meta.resolve("./lab-kernel.ts"))};
    const lab = await labKernel();
    await lab.run(["sh", "-c", "echo up; sleep 600"], { onLine: console.log });`;
  const child = spawn(process.execPath, ["--conditions=reeve-source", "--input-type=module", "--eval", script], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, TMPDIR },
  });
  await once(child.stdout, "data");
  const kernels = async () => {
    const all = await Promise.all((await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(commandLine));
    return all.filter((line) => line.includes("linux.uml") && line.includes("reeve-killed-")).length;
  };
  expect(await kernels()).toBeGreaterThan(0);
  child.kill("SIGKILL");
  await expect.poll(kernels).toBe(0);
  await expect.poll(() => readdir(TMPDIR)).toEqual([]);
  await rm(TMPDIR, { recursive: true });
});

test("what the system lacks is fetched, and works", async ({ skip }) => {
  await kernel(skip);
  const root = await mkdtemp(join(tmpdir(), "reeve-fetched-"));
  try {
    await collectKernelFiles(root, []);
    const files = await readKernelFiles(root);
    expect(files.path).not.toEqual([]);
    const found = ["ip", "bridge", "modprobe", "ping"].map((name) =>
      files.path.some((folder) => existsSync(join(folder, name))),
    );
    expect(found).toEqual([true, true, true, true]);
    // None of them is a link to what this machine happens to have.
    for (const folder of files.path)
      for (const name of await readdir(folder)) expect(await realpath(join(folder, name))).toContain(root);
    const { status, lines } = await labKernelOf(await fittingKernel(files)).run(["ip", "-V"]);
    expect({ status, lines }).toMatchObject({ status: 0, lines: [expect.stringContaining("iproute2")] });
  } finally {
    await rm(root, { recursive: true });
  }
});

async function commandLine(pid: string): Promise<string> {
  return readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
}
