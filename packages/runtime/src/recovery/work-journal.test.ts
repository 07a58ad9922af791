import { expect, test } from "vitest";
import { begin, markedAs, openHouse } from "./house.test-kit.ts";
import type { Job } from "./index.ts";

test("the intent is written with the status and cleared with the result, whose value run gives", async () => {
  await using house = await openHouse();
  const manager = await house.start();
  manager.journal.use({ "volume.creating": () => {} });
  const job = await begin(manager, "v1", { sizeGiB: 10, at: new Date(5) });
  expect(job).toMatchObject({
    kind: "volume.creating",
    resource: "v1",
    payload: { sizeGiB: 10, at: new Date(5) },
    epoch: 1,
  });
  expect(await house.rows()).toHaveLength(1);
  const result = await manager.work.run(job, async ({ epoch, signal }) => {
    expect(signal.aborted).toBe(false);
    return (tx) => tx.update("volumes", "v1", { status: `available in ${epoch}` });
  });
  expect(result).toEqual({ id: "v1", status: "available in 1" });
  expect(await house.rows()).toEqual([]);
});

test("a transaction that is rolled back leaves no intent", async () => {
  await using house = await openHouse();
  const { journal, store, work } = await house.start();
  journal.use({ "volume.creating": () => {} });
  const failing = store.transaction(async (tx) => {
    await work.begin(tx, "volume.creating", "v1");
    throw new Error("quota");
  });
  await expect(failing).rejects.toThrow("quota");
  expect(await house.rows()).toEqual([]);
});

test("a second job on a resource is BUSY, naming it, at this address and at every other", async () => {
  await using house = await openHouse();
  const manager = await house.start();
  const peer = await house.start("block-02");
  for (const { journal } of [manager, peer]) journal.use({ "volume.creating": () => {}, "volume.deleting": () => {} });
  await begin(manager, "v1");
  for (const { store, work } of [manager, peer]) {
    const second = store.transaction((tx) => work.begin(tx, "volume.deleting", "v1"));
    await expect(second).rejects.toMatchObject({
      code: "ABORTED",
      reason: "BUSY",
      message: expect.stringContaining('"v1" is busy: volume.creating'),
      data: { resource: "v1", kind: "volume.creating" },
    });
  }
  await peer.store.transaction((tx) => peer.work.begin(tx, "volume.deleting", "v2"));
});

test.each([
  ["a kind nobody recovers", "volume.cloning", "v1", undefined, 'kind "volume.cloning"'],
  ["an empty kind", "", "v1", undefined, 'work kind: expected a name of 1 to 200 characters, got ""'],
  [
    "an empty resource",
    "volume.creating",
    "",
    undefined,
    'work resource: expected a name of 1 to 200 characters, got ""',
  ],
  ["a resource of 201 characters", "volume.creating", "x".repeat(201), undefined, "work resource"],
  ["a payload other than data", "volume.creating", "v1", { run: () => {} }, 'payload of "volume.creating".run'],
])("begin refuses %s", async (_, kind, resource, payload, culprit) => {
  await using house = await openHouse();
  const { journal, store, work } = await house.start();
  journal.use({ "volume.creating": () => {}, toString: () => {} });
  const begun = store.transaction((tx) => work.begin(tx, kind, resource, payload));
  await expect(begun).rejects.toThrow(culprit);
});

test("begin refuses a transaction that is not the manager's own", async () => {
  await using house = await openHouse();
  const manager = await house.start();
  const other = await house.start("block-02");
  manager.journal.use({ "volume.creating": () => {} });
  const foreign = other.store.transaction((tx) => manager.work.begin(tx, "volume.creating", "v1"));
  await expect(foreign).rejects.toMatchObject({ reason: "STORE_MISUSE" });
  await expect(manager.work.begin({} as never, "volume.creating", "v1")).rejects.toMatchObject({
    reason: "STORE_MISUSE",
  });
});

test.each([
  ["the work", () => Promise.reject(new Error("array is on fire"))],
  ["the function that finishes it", async () => () => Promise.reject(new Error("array is on fire"))],
])("when %s throws, recover gets the job at once, and then the error is thrown on", async (_, effect) => {
  await using house = await openHouse();
  const manager = await house.start();
  const recovered: Job[] = [];
  manager.journal.use({
    "volume.creating": (job, context) => {
      recovered.push(job);
      return markedAs("error")(job, context);
    },
  });
  const job = await begin(manager, "v1", { a: 1 });
  await expect(manager.work.run(job, effect)).rejects.toThrow("array is on fire");
  expect(recovered).toEqual([job]);
  expect(await manager.store.get("volumes", "v1")).toEqual({ id: "v1", status: "error" });
  expect(await house.rows()).toEqual([]);
});

test("a job runs once: not twice, and not after it was recovered elsewhere", async () => {
  await using house = await openHouse();
  const manager = await house.start();
  manager.journal.use({ "volume.creating": () => {} });
  const job = await begin(manager, "v1");
  await manager.work.run(job, async () => {});
  await expect(manager.work.run(job, async () => {})).rejects.toMatchObject({ reason: "STORE_MISUSE" });

  const paused = await begin(manager, "v2");
  const successor = await house.start();
  successor.journal.use({ "volume.creating": () => {} });
  await successor.journal.recoverCrashed();
  let ran = false;
  const late = manager.work.run(paused, async () => {
    ran = true;
  });
  await expect(late).rejects.toMatchObject({ reason: "FENCED" });
  expect(ran).toBe(false);
});

test("a job that nobody runs within a minute is recovered, once, and not run any more", async () => {
  await using house = await openHouse();
  const manager = await house.start();
  const recovered: string[] = [];
  manager.journal.use({
    "volume.creating": ({ resource }) => {
      recovered.push(resource);
      return (tx) => tx.update("volumes", resource, { status: "error" });
    },
  });
  const forgotten = await begin(manager, "v1");
  await house.clock.advance(30_000);
  const later = await begin(manager, "v2");
  const run = await begin(manager, "v3");
  await manager.work.run(run, async () => undefined);
  await house.clock.advance(29_999);
  expect(recovered).toEqual([]);
  await house.clock.advance(1);
  await manager.journal.settled();
  expect(recovered).toEqual(["v1"]);
  expect((await house.rows()).map(({ resource }) => resource)).toEqual(["v2"]);
  await expect(manager.work.run(forgotten, async () => undefined)).rejects.toMatchObject({ reason: "FENCED" });
  await manager.work.run(later, async () => undefined);
  await house.clock.advance(60_000);
  await manager.journal.settled();
  expect(recovered).toEqual(["v1"]);
  expect(await house.rows()).toEqual([]);
  expect(house.clock.pending).toBe(0);
});

test("a job that was rolled back is not recovered, nor one of an incarnation that has ended", async () => {
  await using house = await openHouse();
  const manager = await house.start();
  const recovered: string[] = [];
  manager.journal.use({ "volume.creating": ({ resource }) => void recovered.push(resource) });
  const failing = manager.store.transaction(async (tx) => {
    await manager.work.begin(tx, "volume.creating", "v1");
    throw new Error("quota");
  });
  await expect(failing).rejects.toThrow("quota");
  await house.clock.advance(60_000);
  await manager.journal.settled();
  await begin(manager, "v2");
  manager.journal.close();
  await begin(manager, "v3");
  await house.clock.advance(120_000);
  await manager.journal.settled();
  expect(recovered).toEqual([]);
  expect(await house.rows()).toHaveLength(2);
});
