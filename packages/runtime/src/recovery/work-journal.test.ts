import fc from "fast-check";
import { expect, test } from "vitest";
import { openHouse } from "./house.test-kit.ts";
import type { Job } from "./index.ts";

type Manager = Awaited<ReturnType<Awaited<ReturnType<typeof openHouse>>["start"]>>;

const begin = ({ store, work }: Manager, id: string, payload?: unknown): Promise<Job> =>
  store.transaction(async (tx) => {
    await tx.insert("volumes", { id, status: "creating" });
    return work.begin(tx, "volume.creating", id, payload);
  });

const markedAs =
  (status: string) => (job: Job) => async (tx: Parameters<Parameters<Manager["store"]["transaction"]>[0]>[0]) => {
    await tx.update("volumes", job.resource, { status });
  };

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
  ["an empty kind", "", "v1", undefined, 'work kind: ""'],
  ["an empty resource", "volume.creating", "", undefined, 'work resource: ""'],
  ["a resource of 201 characters", "volume.creating", "x".repeat(201), undefined, "work resource"],
  ["a payload that is no data", "volume.creating", "v1", { run: () => {} }, 'payload of "volume.creating".run'],
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
    "volume.creating": (job) => {
      recovered.push(job);
      return markedAs("error")(job);
    },
  });
  const job = await begin(manager, "v1", { a: 1 });
  await expect(manager.work.run(job, effect)).rejects.toThrow("array is on fire");
  expect(recovered).toEqual([job]);
  expect(await manager.store.get("volumes", "v1")).toEqual({ id: "v1", status: "error" });
  expect(await house.rows()).toEqual([]);
});

test("a recovery that fails gives its claim back and is tried again with backoff, until it succeeds", async () => {
  await using house = await openHouse();
  const manager = await house.start();
  const failures: number[] = [];
  manager.journal.use({
    "volume.creating": (job) => {
      failures.push(job.failedRecoveries);
      if (failures.length < 4) throw new Error(`attempt ${failures.length}`);
      return markedAs("error")(job);
    },
  });
  const job = await begin(manager, "v1");
  await expect(manager.work.run(job, () => Promise.reject(new Error("first")))).rejects.toThrow("first");
  expect(await house.rows()).toMatchObject([{ failedRecoveries: 1, lastError: "attempt 1" }]);
  const busy = manager.store.transaction((tx) => manager.work.begin(tx, "volume.creating", "v1"));
  await expect(busy).rejects.toMatchObject({ reason: "BUSY" });
  const waits: number[] = [];
  while ((await house.rows()).length > 0) {
    const before = house.clock.now();
    const attempts = failures.length;
    while (failures.length === attempts) await house.clock.advance(50);
    waits.push(house.clock.now() - before);
    await manager.journal.settled();
  }
  expect(failures).toEqual([0, 1, 2, 3]);
  expect(waits[2]).toBeGreaterThan(waits[0]!);
  expect(await manager.store.get("volumes", "v1")).toMatchObject({ status: "error" });
  expect(house.clock.pending).toBe(0);
});

test("what an incarnation left behind is recovered by the next, once, and in its own commit", async () => {
  await using house = await openHouse();
  const crashed = await house.start();
  crashed.journal.use({ "volume.creating": () => {} });
  await begin(crashed, "v1");
  await begin(crashed, "v2");
  const elsewhere = await house.start("block-02");
  elsewhere.journal.use({ "volume.creating": () => {} });
  await begin(elsewhere, "v3");

  const next = await house.start();
  const seen: string[] = [];
  next.journal.use({
    "volume.creating": (job, { epoch }) => {
      seen.push(`${job.resource} of ${job.epoch} in ${epoch}`);
      return markedAs("error")(job);
    },
  });
  const reports = await Promise.all(Array.from({ length: 50 }, () => next.journal.recoverCrashed()));
  expect(seen.toSorted()).toEqual(["v1 of 1 in 2", "v2 of 1 in 2"]);
  expect(reports.reduce((sum, { recovered }) => sum + recovered, 0)).toBe(2);
  expect(await house.rows()).toMatchObject([{ resource: "v3" }]);
  expect(await next.journal.recoverCrashed()).toEqual({ recovered: 0, failed: 0, unknown: 0 });
});

test("work of an unknown kind is kept, logged and reported, and what others left is recovered all the same", async () => {
  await using house = await openHouse();
  const crashed = await house.start();
  crashed.journal.use({ "volume.creating": () => {}, "volume.cloning": () => {} });
  await begin(crashed, "v1");
  await crashed.store.transaction((tx) => crashed.work.begin(tx, "volume.cloning", "v2"));

  const older = await house.start();
  older.journal.use({ "volume.creating": () => {} });
  expect(await older.journal.recoverCrashed()).toEqual({ recovered: 1, failed: 0, unknown: 1 });
  expect(house.log.lines).toContainEqual(
    expect.objectContaining({
      level: "error",
      fields: expect.objectContaining({ kind: "volume.cloning", resource: "v2" }),
    }),
  );
  const newer = await house.start();
  newer.journal.use({ "volume.cloning": () => {} });
  expect(await newer.journal.recoverCrashed()).toEqual({ recovered: 1, failed: 0, unknown: 0 });
  expect(await house.rows()).toEqual([]);
});

test("a damaged row is kept and reported", async () => {
  await using house = await openHouse();
  const crashed = await house.start();
  crashed.journal.use({ "volume.creating": () => {} });
  await begin(crashed, "v1");
  const { workStore } = await import("./work-store.ts");
  await house.database.write(
    (session) => house.database.within(session, workStore).updateTable("work").set({ payload: "{" }).execute(),
    { timeoutMs: 1_000 },
  );
  const next = await house.start();
  next.journal.use({ "volume.creating": () => {} });
  expect(await next.journal.recoverCrashed()).toEqual({ recovered: 0, failed: 0, unknown: 1 });
  expect(await house.rows()).toHaveLength(1);
});

test("of fifty peers that take over a dead address, one gets each row; the dead one writes no more", async () => {
  await using house = await openHouse();
  const dead = await house.start("dead");
  dead.journal.use({ "volume.creating": () => {} });
  const resources = Array.from({ length: 20 }, (_, index) => `v${index}`);
  for (const resource of resources) await begin(dead, resource);

  const cleaned: string[] = [];
  const peers = await Promise.all(Array.from({ length: 50 }, (_, index) => house.start(`peer-${index}`)));
  const reports = await Promise.all(
    peers.map(({ journal }) => {
      journal.use({ "volume.creating": async (job) => void cleaned.push(job.resource) });
      return journal.recoverPeer("dead");
    }),
  );
  expect(cleaned.toSorted()).toEqual(resources.toSorted());
  expect(reports.reduce((sum, { recovered }) => sum + recovered, 0)).toBe(20);
  expect(await house.rows()).toEqual([]);
  await expect(begin(dead, "v99")).rejects.toMatchObject({ reason: "FENCED" });
});

test("a peer leaves alone what a restarted address has begun since", async () => {
  await using house = await openHouse();
  const peer = await house.start("peer");
  const cleaned: string[] = [];
  peer.journal.use({ "volume.creating": (job) => void cleaned.push(job.resource) });
  const first = await house.start("other");
  first.journal.use({ "volume.creating": () => {} });
  await begin(first, "old");
  // Between the peer's raising of the epoch and its look at the rows, the address comes back and works.
  const raise = house.registry.raiseEpoch.bind(house.registry);
  house.registry.raiseEpoch = async (incumbent) => {
    const epoch = await raise(incumbent);
    const restarted = await house.start("other");
    restarted.journal.use({ "volume.creating": () => {} });
    await begin(restarted, "new");
    return epoch;
  };
  await peer.journal.recoverPeer("other");
  expect(cleaned).toEqual(["old"]);
  expect(await house.rows()).toMatchObject([{ resource: "new" }]);
});

test("whatever recoveries fail and however many race, each job is finished exactly once", async () => {
  const scenario = fc.record({
    jobs: fc.integer({ min: 1, max: 6 }),
    racers: fc.integer({ min: 1, max: 5 }),
    fails: fc.array(fc.boolean(), { minLength: 1, maxLength: 12 }),
    yields: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 8 }),
  });
  await fc.assert(
    fc.asyncProperty(scenario, async ({ jobs, racers, fails, yields }) => {
      await using house = await openHouse();
      const dead = await house.start("dead");
      dead.journal.use({ "volume.creating": () => {} });
      for (let index = 0; index < jobs; index++) await begin(dead, `v${index}`);
      const finished: string[] = [];
      const running = new Set<string>();
      let turn = 0;
      const recover = async (job: Job) => {
        expect(running.has(job.resource)).toBe(false);
        running.add(job.resource);
        const fail = turn < fails.length && fails[turn]!;
        for (let left = yields[turn++ % yields.length]!; left > 0; left--) await Promise.resolve();
        running.delete(job.resource);
        if (fail) throw new Error("not yet");
        return () => void finished.push(job.resource);
      };
      const peers = await Promise.all(Array.from({ length: racers }, (_, index) => house.start(`peer-${index}`)));
      await Promise.all(
        peers.map(({ journal }) => {
          journal.use({ "volume.creating": recover });
          return journal.recoverPeer("dead");
        }),
      );
      for (let round = 0; round < 40 && (await house.rows()).length > 0; round++) {
        await house.clock.advance(60_000);
        await Promise.all(peers.map(({ journal }) => journal.settled()));
      }
      expect(await house.rows()).toEqual([]);
      expect(finished.toSorted()).toEqual(Array.from({ length: jobs }, (_, index) => `v${index}`));
    }),
    { numRuns: 40 },
  );
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

test("work whose incarnation is fenced while it runs changes nothing and is left to the successor", async () => {
  await using house = await openHouse();
  const manager = await house.start();
  const recoveredHere: string[] = [];
  manager.journal.use({ "volume.creating": (job) => void recoveredHere.push(job.resource) });
  const job = await begin(manager, "v1");
  const effect = Promise.withResolvers<void>();
  const running = manager.work.run(job, async () => {
    await effect.promise;
    return (tx) => tx.update("volumes", "v1", { status: "available" });
  });
  const other = await begin(manager, "v2");
  const watching = manager.work.run(
    other,
    ({ signal }) => new Promise<void>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
  );
  const watched = expect(watching).rejects.toMatchObject({ reason: "FENCED" });

  const successor = await house.start();
  successor.journal.use({ "volume.creating": markedAs("error") });
  effect.resolve();
  await expect(running).rejects.toMatchObject({ reason: "FENCED" });
  await watched;
  expect(recoveredHere).toEqual([]);
  expect(await successor.journal.recoverCrashed()).toMatchObject({ recovered: 2 });
  expect(await successor.store.get("volumes", "v1")).toMatchObject({ status: "error" });
});

test("cancel aborts the work on one resource only, and recover gets it", async () => {
  await using house = await openHouse();
  const manager = await house.start();
  manager.journal.use({ "volume.creating": markedAs("error") });
  const hang = ({ signal }: { signal: AbortSignal }) =>
    new Promise<void>((resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason));
      other.then(resolve);
    });
  let letOther = () => {};
  const other = new Promise<void>((resolve) => {
    letOther = resolve;
  });
  const first = manager.work.run(await begin(manager, "v1"), hang);
  const second = manager.work.run(await begin(manager, "v2"), hang);
  await manager.store.find("volumes", "v1");
  expect(manager.work.cancel("v9")).toBe(false);
  await expect.poll(() => manager.work.cancel("v1")).toBe(true);
  await expect(first).rejects.toMatchObject({ reason: "CANCELLED", message: expect.stringContaining('"v1"') });
  expect(await manager.store.get("volumes", "v1")).toMatchObject({ status: "error" });
  letOther();
  await second;
  expect(await house.rows()).toEqual([]);
});

test("settled waits for what runs; a drain that runs out of time aborts it and leaves it to the next incarnation", async () => {
  await using house = await openHouse();
  const manager = await house.start();
  const recovered: string[] = [];
  manager.journal.use({ "volume.creating": (job) => void recovered.push(job.resource) });
  const job = await begin(manager, "v1");
  const started = Promise.withResolvers<void>();
  const running = manager.work.run(job, ({ signal }) => {
    started.resolve();
    return new Promise<void>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  });
  await started.promise;
  expect(manager.journal.inFlight).toBe(1);
  let settled = false;
  const settling = manager.journal.settled().then(() => {
    settled = true;
  });
  manager.journal.close();
  await manager.store.find("volumes", "v1");
  expect(settled).toBe(false);
  manager.journal.abort(new Error("out of time"));
  await expect(running).rejects.toThrow("out of time");
  await settling;
  expect(manager.journal.inFlight).toBe(0);
  expect(recovered).toEqual([]);
  expect(await house.rows()).toHaveLength(1);
});

test("closing ends the trying again", async () => {
  await using house = await openHouse();
  const manager = await house.start();
  manager.journal.use({ "volume.creating": () => Promise.reject(new Error("never")) });
  await expect(manager.work.run(await begin(manager, "v1"), () => Promise.reject(new Error("no")))).rejects.toThrow(
    "no",
  );
  expect(house.clock.pending).toBe(1);
  manager.journal.close();
  expect(house.clock.pending).toBe(0);
});
