import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, rm, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { DriverOwner } from "@reeve/driver-sdk";
import { expect, onTestFinished, test, vi } from "vitest";
import { fileVolumes } from "./file-volumes.ts";
import { scratchDirectory } from "./scratch.fixture.ts";
import { callWith } from "./session.fixture.ts";

vi.setConfig({ testTimeout: 60_000 });
const program = join(import.meta.dirname, "holder.fixture.ts");

async function scratchRoot(): Promise<string> {
  const root = await scratchDirectory();
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  return root;
}

async function open(root: string, address: string, cluster?: string, shared = cluster !== undefined) {
  const [host = ""] = address.split("@");
  const owner: DriverOwner = { host, address, manager: "volume", cluster };
  const session = await fileVolumes({ root, shared }).setup({ ...callWith(), owner });
  onTestFinished(() => session.close());
  return session;
}

/** Starts a process that takes the root; resolves with what it says. */
async function holder(root: string, ...rest: string[]): Promise<{ child: ChildProcess; says: string }> {
  const child = spawn(process.execPath, ["--conditions=reeve-source", program, root, ...rest], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => end(child));
  const [says] = await once(createInterface(child.stdout!), "line");
  return { child, says };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
}

test("a second manager is refused a root, naming who has it, until that one closes", async () => {
  const root = await scratchRoot();
  const first = await open(root, "block-01@ssd");
  await expect(open(root, "block-01@hdd")).rejects.toMatchObject({
    ...{ code: "UNAVAILABLE", retryable: true },
    message: `root ${root}: held by block-01@ssd, process ${process.pid}; give each manager a directory of its own, stop that one, or give members of one cluster shared: true`,
    data: { host: "block-01", address: "block-01@ssd", pid: process.pid },
  });
  await first.close();
  await open(root, "block-01@hdd");
});

test("the sessions of one manager overlap: one that is renewed, or follows a crash, is not kept out by the one before", async () => {
  const root = await scratchRoot();
  const first = await open(root, "block-01");
  const second = await open(root, "block-01");
  await first.close();
  await expect(open(root, "block-02")).rejects.toMatchObject({ code: "UNAVAILABLE" });
  await second.close();
  await open(root, "block-02");
});

test("another process is refused, and gets the root when the one that has it was killed", async () => {
  const root = await scratchRoot();
  const { child, says } = await holder(root, "block-01");
  expect(says).toBe("held");
  expect((await holder(root, "block-01")).says).toContain(`held by block-01, process ${child.pid}`);
  await expect(open(root, "block-02")).rejects.toMatchObject({ data: { pid: child.pid } });
  await end(child);
  await open(root, "block-02");
});

test("of processes that come at once one gets the root", async () => {
  const root = await scratchRoot();
  const all = await Promise.all(Array.from({ length: 4 }, (_, n) => holder(root, `block-0${n}`)));
  expect(all.filter(({ says }) => says === "held")).toHaveLength(1);
});

test("members of one cluster that come at once are all let in", async () => {
  const root = await scratchRoot();
  const all = await Promise.all(Array.from({ length: 6 }, (_, n) => holder(root, `block-0${n}`, "rack-a")));
  expect(all.map(({ says }) => says)).toEqual(all.map(() => "held"));
});

test("members of one cluster share a root, two backends of one of them do not, and nobody else is let in", async () => {
  const root = await scratchRoot();
  const { says } = await holder(root, "block-01", "rack-a");
  expect(says).toBe("held");
  await open(root, "block-02@ssd", "rack-a");
  await expect(open(root, "block-02@hdd", "rack-a")).rejects.toMatchObject({ data: { address: "block-02@ssd" } });
  await expect(open(root, "block-03", "rack-b")).rejects.toMatchObject({ code: "UNAVAILABLE" });
  await expect(open(root, "block-03")).rejects.toMatchObject({ code: "UNAVAILABLE" });
});

test("members of one cluster that do not share it are kept out like any other, and so is one who shares it from one who does not", async () => {
  const root = await scratchRoot();
  const first = await open(root, "block-01", "rack-a", false);
  await expect(open(root, "block-02", "rack-a", false)).rejects.toMatchObject({ code: "UNAVAILABLE" });
  await expect(open(root, "block-02", "rack-a")).rejects.toMatchObject({
    message: expect.stringContaining("held by block-01"),
  });
  await first.close();
  await open(root, "block-02", "rack-a");
  await expect(open(root, "block-01", "rack-a", false)).rejects.toMatchObject({ code: "UNAVAILABLE" });
});

test("the lock is not listed as an image, and another file in its place is named", async () => {
  const root = await scratchRoot();
  const session = await open(root, "block-01");
  expect((await readdir(root)).sort()).toEqual([".reeve-holder", ".reeve-lock"]);
  expect(await session.methods.list!(undefined, callWith())).toMatchObject({ leftovers: [] });
  const other = await scratchRoot();
  await writeFile(join(other, ".reeve-lock"), "no lock. ".repeat(1_000));
  await expect(open(other, "block-01")).rejects.toMatchObject({
    code: "FAILED_PRECONDITION",
    message: expect.stringContaining(`lock file ${join(other, ".reeve-lock")}`),
  });
});

test("the lock file stays empty, so that no power loss can damage it", async () => {
  const root = await scratchRoot();
  const first = await open(root, "block-01");
  await first.close();
  await open(root, "block-02", "rack-a");
  for (const name of [".reeve-lock", ".reeve-lock-block-02"]) expect((await stat(join(root, name))).size).toBe(0);
});

test.each(["", "\0\0", '{"party":"cluster ra', "null", "7", '{"party":"cluster rack-a"}'])(
  "a holder's name that a power loss left as %j keeps nobody out",
  async (left) => {
    const root = await scratchRoot();
    await writeFile(join(root, ".reeve-holder"), left);
    const session = await open(root, "block-01@ssd");
    await expect(open(root, "block-01@hdd")).rejects.toMatchObject({ data: { address: "block-01@ssd" } });
    await session.close();
    await open(root, "block-02", "rack-a");
    await open(root, "block-03", "rack-a");
  },
);

test("a foreign file under the holder's name is refused by name, and not followed", async () => {
  const root = await scratchRoot();
  const outside = join(await scratchRoot(), "outside");
  await writeFile(outside, "what is outside");
  await symlink(outside, join(root, ".reeve-holder"));
  await expect(open(root, "block-01")).rejects.toMatchObject({
    code: "FAILED_PRECONDITION",
    message: expect.stringContaining(join(root, ".reeve-holder")),
  });
  expect((await stat(outside)).size).toBe(15);
});
