import { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync, renameSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { call, contract, type ReeveError } from "@reeve/contract";
import { column, createSupervisor, defineManager, defineStore, inProcess, table } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import { fakeClock, silentLogger } from "@reeve/testing";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { failure } from "../kit/failure.ts";

const Id = z.object({ id: z.string() });
const notes = contract("note", "1.0", {
  write: call({ input: Id.extend({ text: z.string().default("") }), output: z.string() }),
  where: call({ input: z.object({}), output: z.string() }),
});
const mills = contract("mill", "1.0", { grind: call({ input: z.object({}), output: z.string() }) });
const noteStore = defineStore("note", {
  tables: { notes: table({ id: column.text().primaryKey(), text: column.text() }) },
});
const noteManager = defineManager({
  contract: notes,
  store: noteStore,
  setup: ({ store, address }) => ({
    operations: {
      write: async (note) => {
        await store.transaction((tx) => tx.insert("notes", note));
        return address;
      },
      where: () => address,
    },
  }),
});
const millManager = defineManager({
  contract: mills,
  setup: ({ address }) => ({ operations: { grind: () => address } }),
});

/** Two hosts, each with its own file: the first has a manager without tables besides. */
async function hosts(path: string) {
  const clock = fakeClock();
  const hub = inProcess();
  const start = async (host: string, file: string) => {
    const supervisor = createSupervisor({
      ...{ host, clock, log: silentLogger, transport: hub.client({ caller: host }) },
      store: sqlite({ path: file }),
      trustedForwarders: ["*"],
    });
    onTestFinished(() => supervisor.stop());
    supervisor.spawn(noteManager);
    if (host === "a") supervisor.spawn(millManager);
    await supervisor.start();
    return supervisor;
  };
  const [a, b] = [await start("a", path), await start("b", ":memory:")];
  const state = (supervisor = a) =>
    supervisor.managers().map(({ status }) => [status.state, ...status.causes.map(({ reason }) => reason)]);
  return { a, b, clock, state };
}

/** Lets time pass until it is so. */
async function until(clock: ReturnType<typeof fakeClock>, holds: () => void): Promise<void> {
  await expect
    .poll(async () => {
      await clock.advance(1_000);
      try {
        holds();
        return undefined;
      } catch (error) {
        return String(error);
      }
    })
    .toBe(undefined);
}

function scratch(): string {
  const directory = mkdtempSync(join(tmpdir(), "reeve-lost-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

test.each<[string, string, (path: string) => () => void]>([
  [
    "removed",
    "gone",
    (path) => {
      renameSync(path, `${path}.away`);
      return () => renameSync(`${path}.away`, path);
    },
  ],
  [
    "replaced by a copy",
    "replaced",
    (path) => {
      copyFileSync(path, `${path}.copy`);
      renameSync(path, `${path}.away`);
      renameSync(`${path}.copy`, path);
      return () => renameSync(`${path}.away`, path);
    },
  ],
])("a database file that is %s is a cause at once, and calls go elsewhere until it is back", async (_, fault, lose) => {
  const path = join(scratch(), "a.sqlite");
  const { a, b, clock, state } = await hosts(path);
  expect(await a.ref(notes).write({ id: "1" })).toBe("a");
  const bringBack = lose(path);
  // Nobody has to write for it to be known.
  await until(clock, () => expect(state()).toEqual([["degraded", "STORE_FAILED"], ["serving"]]));
  expect(a.managers()[0]!.status.causes).toMatchObject([{ message: expect.stringContaining(path), data: { fault } }]);
  // Its own neighbours prefer another that can serve; what names it is refused, and what loses nothing runs.
  await clock.advance(3_000);
  expect(await a.ref(notes).write({ id: "2" })).toBe("b");
  expect(await b.ref(notes).write({ id: "3" })).toBe("b");
  // Its handler ran, and nobody knows what else it had done; the same call may do later.
  expect(await failure(a.ref(notes).at("a").write({ id: "4" }))).toMatchObject({
    ...{ reason: "STORE_FAILED", outcome: "maybe-executed", retryable: true },
  });
  expect(await a.ref(notes).at("a").where({})).toBe("a");
  expect(await a.ref(mills).grind({})).toBe("a");
  bringBack();
  await until(clock, () => expect(state()).toEqual([["serving"], ["serving"]]));
  expect(await a.ref(notes).write({ id: "5" })).toBe("a");
});

test("a database file that is cut off is a cause at once", async () => {
  const path = join(scratch(), "a.sqlite");
  const { a, clock, state } = await hosts(path);
  await a.ref(notes).write({ id: "1" });
  truncateSync(path, 0);
  await until(clock, () => expect(state()).toEqual([["degraded", "STORE_FAILED"], ["serving"]]));
});

test("a disk that is full is a cause, and is none once there is room", async (context) => {
  const root = mkdtempSync(join(tmpdir(), "reeve-disk-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=2m", "tmpfs", root], { stdio: "ignore" });
  } catch {
    rmSync(root, { recursive: true });
    return context.skip("this process may not mount a small file system");
  }
  onTestFinished(() => {
    execFileSync("umount", ["-l", root]);
    rmSync(root, { recursive: true });
  });
  const ballast = join(root, "ballast");
  writeFileSync(ballast, Buffer.alloc(700_000));
  const { a, b, clock, state } = await hosts(join(root, "a.sqlite"));
  const write = (id: number) =>
    a
      .ref(notes)
      .at("a")
      .write({ id: String(id), text: "x".repeat(50_000) });
  let written = 0;
  let refused: ReeveError | undefined;
  while (!refused && written < 100)
    await write(written).then(
      () => written++,
      (error) => {
        refused = error;
      },
    );
  expect(refused).toMatchObject({ reason: "STORE_FAILED" });
  expect(state()).toEqual([["degraded", "STORE_FAILED"], ["serving"]]);
  await clock.advance(3_000);
  expect(await b.ref(notes).write({ id: "elsewhere" })).toBe("b");
  rmSync(ballast);
  await until(clock, () => expect(state()).toEqual([["serving"], ["serving"]]));
  expect(await write(1_000)).toBe("a");
});

test("a manager that is restarted beside a failing database says so from the first moment", async () => {
  const path = join(scratch(), "a.sqlite");
  const { a, clock, state } = await hosts(path);
  await a.ref(notes).write({ id: "1" });
  renameSync(path, `${path}.away`);
  await until(clock, () => expect(state()).toEqual([["degraded", "STORE_FAILED"], ["serving"]]));
  const reasons: string[] = [];
  const seen = a.until("note", "a", ({ status }) => {
    if (status.state === "booting") reasons.push(...status.causes.map(({ reason }) => reason));
    return reasons.length > 0;
  });
  a.kill("note", "a");
  await until(clock, () => expect(reasons).toContain("STORE_FAILED"));
  await seen;
});

test("managers whose lives end beside a failing database wait for it, and none of those counts as a restart", async () => {
  const path = join(scratch(), "a.sqlite");
  const { a, clock, state } = await hosts(path);
  await a.ref(notes).write({ id: "1" });
  renameSync(path, `${path}.away`);
  await until(clock, () => expect(state()).toEqual([["degraded", "STORE_FAILED"], ["serving"]]));
  // More often than the policy allows, and one without tables too: it cannot register.
  for (let life = 0; life < 8; life++) {
    a.kill("note", "a");
    a.kill("mill", "a");
    await until(clock, () => expect(state()).toEqual(Array(2).fill(["booting", "STORE_FAILED"])));
  }
  const late = a.spawn(noteManager, { backend: "late" }).ready();
  const restarted = a.restart("note", "a");
  const waiting = ["booting", "STORE_FAILED"];
  await until(clock, () => expect(state()).toEqual([waiting, waiting, waiting]));
  const write = a.ref(notes).at("a").write({ id: "2" });
  renameSync(`${path}.away`, path);
  await until(clock, () => expect(state()).toEqual(Array(3).fill(["serving"])));
  await Promise.all([late, restarted]);
  expect(await write).toBe("a");
  expect(await a.ref(mills).grind({})).toBe("a");
});

test("the first moment of a life beside a failing database says so, whoever looks", async () => {
  const path = join(scratch(), "a.sqlite");
  const { a, clock, state } = await hosts(path);
  renameSync(path, `${path}.away`);
  await until(clock, () => expect(state()[0]).toEqual(["degraded", "STORE_FAILED"]));
  const booting: number[] = [];
  const seen = a.until("note", "a", ({ status: { state, causes } }) => {
    if (state === "booting") booting.push(causes.length);
    return state === "serving";
  });
  a.kill("note", "a");
  await until(clock, () => expect(booting).not.toEqual([]));
  expect(booting).not.toContain(0);
  renameSync(`${path}.away`, path);
  await until(clock, () => expect(state()[0]).toEqual(["serving"]));
  await seen;
});

test("a start beside a database that fails can be stopped", async () => {
  const path = join(scratch(), "a.sqlite");
  const { a, clock, state } = await hosts(path);
  renameSync(path, `${path}.away`);
  await until(clock, () => expect(state()[0]).toEqual(["degraded", "STORE_FAILED"]));
  const late = failure(a.spawn(noteManager, { backend: "late" }).ready());
  await until(clock, () => expect(state()[2]).toEqual(["booting", "STORE_FAILED"]));
  await a.stop();
  expect((await late).reason).toMatch(/^(NOT_SERVING|BOOT_FAILED)$/);
});

test("a database that cannot be opened is an error of start that names the file, and nothing is left open", async () => {
  const path = join(scratch(), "nowhere", "a.sqlite");
  const supervisor = createSupervisor({ host: "a", log: silentLogger, store: sqlite({ path }) });
  supervisor.spawn(noteManager);
  const refused = await failure(supervisor.start());
  expect(refused.reason).toBe("STORE_FAILED");
  expect(refused.message).toContain(path);
  await supervisor.finished;
});
