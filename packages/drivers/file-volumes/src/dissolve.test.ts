import { spawn } from "node:child_process";
import { once } from "node:events";
import { link, mkdir, readdir, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { DriverSession } from "@reeve/driver-sdk";
import type { Inventory } from "@reeve/driver-sdk/volume";
import { expect, onTestFinished, test, vi } from "vitest";
import { fileVolumes } from "./file-volumes.ts";
import { mountImage, mountTmpfs, scratchDirectory, whyNot } from "./scratch.fixture.ts";
import { callWith } from "./session.fixture.ts";

vi.setConfig({ testTimeout: 120_000 });
const sizeGiB = 1 / 1024;
const mebibyte = 2 ** 20;
const dead = { address: "member-1@ssd", epoch: 6 };
const nonce = "0123456789ab";

async function scratchRoot(): Promise<string> {
  const root = await scratchDirectory();
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  return root;
}

async function member(root: string, host: string, epoch = 1): Promise<DriverSession> {
  const owner = { host, address: `${host}@ssd`, manager: "volume", cluster: "rack-a" };
  const session = await fileVolumes({ root, shared: true }).setup({ ...callWith(), owner, epoch });
  onTestFinished(() => session.close().catch(() => {}));
  return session;
}

/** What a member that died left in its directory; `ending` as one who died while fencing it did. */
async function left(root: string, { epoch, ending = "" }: { epoch: number; ending?: string }): Promise<string> {
  const path = join(root, ".reeve", `${dead.address}.${epoch}.${nonce}${ending}`);
  await mkdir(path, { recursive: true });
  await writeFile(join(path, `b.volume.${nonce}.partial`), "half of it");
  await writeFile(join(path, `c.volume.${nonce}.deleted`), "deleted");
  await link(join(root, "a.volume"), join(path, `a.volume.${2 * mebibyte}.extension`));
  return path;
}

const create = (session: DriverSession, id: string) => session.methods.create!({ id, sizeGiB }, callWith());
const list = (session: DriverSession) => session.methods.list!(undefined, callWith()) as Promise<Inventory>;
/** What stands there; of the sessions that live without the end of their names. */
async function names(root: string): Promise<string[]> {
  const found = await readdir(join(root, ".reeve"));
  return found.map((name) => (name.endsWith(nonce) ? name : name.replace(/[0-9a-f]{12}$/, "*"))).sort();
}

const extended = { volumes: [{ id: "a", sizeGiB: 2 * sizeGiB }], snapshots: [], leftovers: [] };

test("a fence removes what a member left half made, finishes what it was extending, and leaves its word", async () => {
  const root = await scratchRoot();
  const session = await member(root, "member-2");
  await create(session, "a");
  await left(root, { epoch: 5 });
  await left(root, { epoch: 3, ending: ".fenced" });
  await session.fence!(dead, callWith());
  expect(await names(root)).toEqual(["member-1@ssd.6.fence", "member-2@ssd.1.*", "member-2@ssd.1.fence"]);
  expect(await list(session)).toEqual(extended);
  expect((await stat(join(root, "a.volume"))).nlink).toBe(1);
});

test("what a member left goes when it comes back with a higher epoch, and a fence that came to no end is finished by the next set-up", async () => {
  const root = await scratchRoot();
  await create(await member(root, "member-2"), "a");
  await left(root, { epoch: 5 });
  const back = await member(root, "member-1", 6);
  expect((await names(root)).filter((name) => name.includes(nonce))).toEqual([]);
  expect(await list(back)).toEqual(extended);
  // Above its word, or under its other name: as whoever fenced it left it.
  await writeFile(join(root, ".reeve", "member-1@ssd.8.fence"), "");
  await left(root, { epoch: 7 });
  await left(root, { epoch: 5, ending: ".fenced" });
  await member(root, "member-3");
  expect((await names(root)).filter((name) => name.includes(nonce))).toEqual([]);
});

test("a fence lets directories alone that are not those of a lower epoch at that address, and what is none of the driver's", async () => {
  const root = await scratchRoot();
  const session = await member(root, "member-2");
  await create(session, "a");
  const kept = [await left(root, { epoch: 6 }), await left(root, { epoch: 10 }), join(root, ".reeve", "notes")];
  await writeFile(kept[2]!, "of the operator");
  await session.fence!(dead, callWith());
  expect(await names(root)).toEqual(expect.arrayContaining(kept.map((path) => path.slice(path.lastIndexOf("/") + 1))));
});

test("members that fence one at the same time all succeed, and none returns before it is gone", async () => {
  const root = await scratchRoot();
  const members = await Promise.all(["member-2", "member-3", "member-4"].map((host) => member(root, host)));
  await create(members[0]!, "a");
  for (let epoch = 1; epoch < 6; epoch++) await left(root, { epoch });
  const fences = members.map(async (session) => {
    await session.fence!(dead, callWith());
    return (await names(root)).filter((name) => name.includes(nonce));
  });
  expect(await Promise.all(fences)).toEqual([[], [], []]);
  expect(await list(members[1]!)).toEqual(extended);
});

test("a member that is fenced fences nobody any more", async () => {
  const root = await scratchRoot();
  const [fenced, other] = [await member(root, "member-1", 5), await member(root, "member-2")];
  await other.fence!(dead, callWith());
  await expect(fenced.fence!({ address: "member-2@ssd", epoch: 9 }, callWith())).rejects.toMatchObject({
    ...{ code: "ABORTED", retryable: false, data: { address: dead.address, epoch: 5 } },
    message: `root ${root}: the session of member-1@ssd in epoch 5 was fenced by another process, or is closed`,
  });
  await create(other, "a");
  await expect(fenced.check!(callWith())).rejects.toMatchObject({ code: "ABORTED", retryable: false });
});

test("a member whose store was replaced, so that its epochs begin anew, is told what to remove", async () => {
  const root = await scratchRoot();
  await (await member(root, "member-1", 9)).close();
  const word = join(root, ".reeve", "member-1@ssd.9.fence");
  await expect(member(root, "member-1", 1)).rejects.toMatchObject({
    ...{ code: "ABORTED", retryable: false, data: { address: dead.address, epoch: 1, served: 9 } },
    message: `root ${root}: member-1@ssd was fenced, and is served from epoch 9 on, got 1; where its store was replaced or restored, remove ${word} once no process of before runs`,
  });
  await rm(word);
  await create(await member(root, "member-1", 1), "a");
});

test("a root that is shared needs an owner at set-up", async () => {
  const root = await scratchRoot();
  await expect(fileVolumes({ root, shared: true }).setup(callWith())).rejects.toMatchObject({
    code: "FAILED_PRECONDITION",
    message: `root ${root}: shared: expected an owner at set-up, got none`,
  });
});

test("a session that closes leaves nothing of its own, and a call that still runs on it changes nothing after", async () => {
  const root = await scratchRoot();
  const [session, other] = [await member(root, "member-1"), await member(root, "member-2")];
  const { promise: half, resolve: begun } = Promise.withResolvers<void>();
  const { promise: closed, resolve: goOn } = Promise.withResolvers<void>();
  async function* data() {
    yield Buffer.alloc(1000, 7);
    begun();
    await closed;
  }
  const importing = session.abilities.images!.import!({ id: "a", sizeGiB, data: data() }, callWith());
  const refused = expect(importing).rejects.toMatchObject({ code: "ABORTED" });
  await half;
  await session.close();
  goOn();
  await refused;
  expect(await list(other)).toEqual({ volumes: [], snapshots: [], leftovers: [] });
  expect(await names(root)).toEqual(["member-1@ssd.1.fence", "member-2@ssd.1.*", "member-2@ssd.1.fence"]);
});

test("a process that is killed while it fences, at whatever step, has its fence finished by the next", async () => {
  const root = await scratchRoot();
  const session = await member(root, "member-2");
  await create(session, "a");
  const script = join(import.meta.dirname, "paused-at-step.fixture.ts");
  for (let step = 1, over = false; !over; step++) {
    const epoch = 2 * step;
    await left(root, { epoch: epoch - 1 });
    const fencing = spawn(process.execPath, ["--conditions=reeve-source", script, root, "sparse", "member-3"], {
      stdio: ["pipe", "pipe", "pipe"],
    });
    fencing.stdin.write(`${JSON.stringify([step, step, "fence", { address: dead.address, epoch }])}\n`);
    const exited = once(fencing, "exit");
    const lines = once(createInterface({ input: fencing.stdout }), "line");
    over = await Promise.race([once(fencing.stderr, "data").then(() => false), lines.then(() => true)]);
    fencing.kill("SIGKILL");
    await exited;
    await session.fence!({ address: dead.address, epoch }, callWith());
    expect((await names(root)).filter((name) => name.includes(nonce) && name.startsWith("member-1"))).toEqual([]);
    expect(await list(session), `step ${step}`).toEqual(extended);
    if (over) expect(step).toBeGreaterThan(10);
  }
});

const noTmpfs = await whyNot(() => mountTmpfs(mebibyte));
if (noTmpfs) console.log(`file-volumes: the test of a fence on a full device is skipped: ${noTmpfs}`);

test.skipIf(noTmpfs)(
  "with not one block free a fence cannot promise an extension: it fails, and succeeds once there is",
  async () => {
    const { root, unmount } = await mountTmpfs(4 * mebibyte);
    try {
      const session = await member(root, "member-2");
      await create(session, "a");
      await left(root, { epoch: 5 });
      await writeFile(join(root, "filler"), Buffer.alloc(8 * mebibyte, 1)).catch(() => {});
      await expect(session.fence!(dead, callWith())).rejects.toMatchObject({ code: "RESOURCE_EXHAUSTED" });
      await rm(join(root, "filler"));
      await session.fence!(dead, callWith());
      expect(await list(session)).toEqual(extended);
      await session.close();
    } finally {
      await unmount();
    }
  },
);

const noExt3 = await whyNot(() => mountImage("ext3", 16 * mebibyte));
if (noExt3) console.log(`file-volumes: the test of a file system that cannot be shared is skipped: ${noExt3}`);

test.skipIf(noExt3)("a root on a file system without fallocate cannot be shared", async () => {
  const { root, unmount } = await mountImage("ext3", 16 * mebibyte);
  try {
    await expect(member(root, "member-2")).rejects.toMatchObject({ code: "UNIMPLEMENTED", retryable: false });
    expect(await names(root)).toEqual(["member-2@ssd.1.fence"]);
  } finally {
    await unmount();
  }
});
