import { reeveError } from "@reeve/contract";
import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { begin, type House, type Incarnation, markedAs, openHouse } from "./house.test-kit.ts";
import type { Job } from "./index.ts";

/** As a member of the same cluster does: fenced first. */
async function takeOver({ registry }: House, { journal, registration }: Incarnation, address: string) {
  const { epoch } = await registry.fencePeer({ manager: "volume", address }, 1, registration.address);
  return journal.takeOver(address, epoch);
}

test("a recovery that fails gives its claim back and is tried again with backoff, until it succeeds", async () => {
  await using house = await openHouse();
  const manager = await house.start();
  const failures: number[] = [];
  manager.journal.use({
    "volume.creating": (job, context) => {
      failures.push(job.failedRecoveries);
      if (failures.length < 4) throw new Error(`attempt ${failures.length}`);
      return markedAs("error")(job, context);
    },
  });
  const job = await begin(manager, "v1");
  await expect(manager.work.run(job, () => Promise.reject(new Error("first")))).rejects.toThrow("first");
  expect(await house.rows()).toMatchObject([{ failedRecoveries: 1, lastError: "attempt 1" }]);
  const { nextAt } = manager.journal.failed().get(job.id) as { readonly nextAt: number };
  const busy = manager.store.transaction((tx) => manager.work.begin(tx, "volume.creating", "v1"));
  await expect(busy).rejects.toMatchObject({ reason: "BUSY" });
  const waits: number[] = [];
  while ((await house.rows()).length > 0) {
    const before = house.clock.now();
    const attempts = failures.length;
    while (failures.length === attempts) await house.clock.advance(50);
    if (attempts === 1) expect(Math.abs(house.clock.wallNow() - nextAt)).toBeLessThan(50);
    waits.push(house.clock.now() - before);
    await manager.journal.settled();
  }
  expect(failures).toEqual([0, 1, 2, 3]);
  expect(waits[2]).toBeGreaterThan(waits[0]!);
  expect(await manager.store.get("volumes", "v1")).toMatchObject({ status: "error" });
  expect([house.clock.pending, manager.journal.failed().size]).toEqual([0, 0]);
});

test("unfinished work of an incarnation is recovered by the next, once, and in its own commit", async () => {
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
    "volume.creating": (job, context) => {
      seen.push(`${job.resource} of ${job.epoch} in ${context.epoch}`);
      return markedAs("error")(job, context);
    },
  });
  const reports = await Promise.all(Array.from({ length: 50 }, () => next.journal.recoverCrashed()));
  expect(seen.toSorted()).toEqual(["v1 of 1 in 2", "v2 of 1 in 2"]);
  expect(reports.reduce((sum, { recovered }) => sum + recovered, 0)).toBe(2);
  expect(await house.rows()).toMatchObject([{ resource: "v3" }]);
  expect(await next.journal.recoverCrashed()).toEqual({ recovered: 0, failed: 0, unknown: 0, held: 0 });
});

test("work of an unknown kind is kept, logged and reported, and what others left is recovered all the same", async () => {
  await using house = await openHouse();
  const crashed = await house.start();
  crashed.journal.use({ "volume.creating": () => {}, "volume.cloning": () => {} });
  await begin(crashed, "v1");
  await crashed.store.transaction((tx) => crashed.work.begin(tx, "volume.cloning", "v2"));

  const older = await house.start();
  older.journal.use({ "volume.creating": () => {} });
  expect(await older.journal.recoverCrashed()).toEqual({ recovered: 1, failed: 0, unknown: 1, held: 0 });
  expect(house.log.lines).toContainEqual(
    expect.objectContaining({
      level: "error",
      fields: expect.objectContaining({ kind: "volume.cloning", resource: "v2" }),
    }),
  );
  const newer = await house.start();
  newer.journal.use({ "volume.cloning": () => {} });
  expect(await newer.journal.recoverCrashed()).toEqual({ recovered: 1, failed: 0, unknown: 0, held: 0 });
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
  expect(await next.journal.recoverCrashed()).toEqual({ recovered: 0, failed: 0, unknown: 1, held: 0 });
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
    peers.map((peer) => {
      const { journal } = peer;
      journal.use({ "volume.creating": async (job) => void cleaned.push(job.resource) });
      return takeOver(house, peer, "dead");
    }),
  );
  expect(cleaned.toSorted()).toEqual(resources.toSorted());
  expect(reports.reduce((sum, { recovered }) => sum + recovered, 0)).toBe(20);
  expect(await house.rows()).toEqual([]);
  await expect(begin(dead, "v99")).rejects.toMatchObject({ reason: "FENCED" });
});

const unknownOutcome = () => reeveError("STORE_FAILED", "its answer was lost", { outcome: "maybe-executed" });

test.each([
  ["was committed", true],
  ["was not", false],
])("rows whose taking %s, and nobody was told so, are recovered, once", async (_, committed) => {
  await using house = await openHouse();
  const dead = await house.start("dead");
  dead.journal.use({ "volume.creating": () => {} });
  for (const resource of ["v1", "v2"]) await begin(dead, resource);
  dead.journal.close();
  const peer = await house.start("peer");
  const cleaned: string[] = [];
  peer.journal.use({ "volume.creating": (job) => void cleaned.push(job.resource) });
  const { epoch } = await house.registry.fencePeer({ manager: "volume", address: "dead" }, 1, "peer");
  const { store } = peer.opened;
  const transaction = store.transaction.bind(store);
  vi.spyOn(store, "transaction")
    .mockImplementationOnce(async (body) => {
      if (committed) await transaction(body);
      else
        await transaction(async (tx) => {
          await body(tx);
          throw unknownOutcome();
        });
      throw unknownOutcome();
    })
    .mockRejectedValueOnce(reeveError("STORE_FAILED", "it is away", { outcome: "not-executed" }));
  const taking = Promise.all([peer.journal.takeOver("dead", epoch), peer.journal.takeOver("dead", epoch)]);
  for (let seconds = 0; seconds < 10; seconds++) await house.clock.advance(1_000);
  await taking;
  expect(cleaned.toSorted()).toEqual(["v1", "v2"]);
  expect(await house.rows()).toEqual([]);
  expect(house.clock.pending).toBe(0);
});

test("a row whose claim was committed, and nobody was told so, is recovered, once", async () => {
  await using house = await openHouse();
  const crashed = await house.start();
  crashed.journal.use({ "volume.creating": () => {} });
  await begin(crashed, "v1");
  const next = await house.start();
  const cleaned: string[] = [];
  next.journal.use({ "volume.creating": (job) => void cleaned.push(job.resource) });
  const { store } = next.opened;
  const transaction = store.transaction.bind(store);
  vi.spyOn(store, "transaction").mockImplementationOnce(async (body) => {
    await transaction(body);
    throw unknownOutcome();
  });
  await Promise.all([next.journal.recoverCrashed(), next.journal.recoverCrashed()]);
  await next.journal.recoverCrashed();
  for (let seconds = 0; seconds < 10; seconds++) await house.clock.advance(1_000);
  await next.journal.settled();
  expect([cleaned, await house.rows()]).toEqual([["v1"], []]);
});

test("closing ends the asking for rows whose taking nobody knows of", async () => {
  await using house = await openHouse();
  const dead = await house.start("dead");
  dead.journal.use({ "volume.creating": () => {} });
  await begin(dead, "v1");
  dead.journal.close();
  const peer = await house.start("peer");
  peer.journal.use({ "volume.creating": () => {} });
  const { epoch } = await house.registry.fencePeer({ manager: "volume", address: "dead" }, 1, "peer");
  const { store } = peer.opened;
  const transaction = store.transaction.bind(store);
  vi.spyOn(store, "transaction").mockImplementationOnce(async (body) => {
    await transaction(body);
    throw unknownOutcome();
  });
  const failed = expect(peer.journal.takeOver("dead", epoch)).rejects.toMatchObject({ outcome: "maybe-executed" });
  await house.clock.advance(100);
  peer.journal.close();
  await failed;
  expect(house.clock.pending).toBe(0);
});

test("a peer takes only work of kinds that it knows, and of those only what it is told to", async () => {
  await using house = await openHouse();
  const dead = await house.start("dead");
  dead.journal.use({ "volume.creating": () => {}, "volume.deleting": () => {} });
  await begin(dead, "v1");
  await dead.store.transaction((tx) => dead.work.begin(tx, "volume.deleting", "v2"));
  const [older, newer] = [await house.start("older"), await house.start("newer")];
  older.journal.use({ "volume.deleting": () => {} });
  newer.journal.use({ "volume.creating": () => {}, "volume.deleting": () => {} });
  const { epoch } = await house.registry.fencePeer({ manager: "volume", address: "dead" }, 1, "older");
  expect(await newer.journal.takeOver("dead", epoch, { only: ["volume.copying"] })).toMatchObject({ recovered: 0 });
  expect(await older.journal.takeOver("dead", epoch)).toMatchObject({ recovered: 1, unknown: 0 });
  expect([await older.journal.hasLeft("dead", epoch), await newer.journal.hasLeft("dead", epoch)]).toEqual([
    false,
    true,
  ]);
  expect(await house.rows()).toMatchObject([{ resource: "v1", holderAddress: "dead" }]);
  expect(await newer.journal.takeOver("dead", epoch)).toMatchObject({ recovered: 1 });
  expect(await house.rows()).toEqual([]);
});

test("a peer leaves alone what a restarted address has begun since", async () => {
  await using house = await openHouse();
  const peer = await house.start("peer");
  const cleaned: string[] = [];
  peer.journal.use({ "volume.creating": (job) => void cleaned.push(job.resource) });
  const first = await house.start("other");
  first.journal.use({ "volume.creating": () => {} });
  await begin(first, "old");
  const { epoch } = await house.registry.fencePeer({ manager: "volume", address: "other" }, 1, "peer");
  // Between the peer's raising of the epoch and its look at the rows, the address comes back and works.
  const restarted = await house.start("other");
  restarted.journal.use({ "volume.creating": () => {} });
  await begin(restarted, "new");
  await peer.journal.takeOver("other", epoch);
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
        peers.map((peer) => {
          peer.journal.use({ "volume.creating": recover });
          return takeOver(house, peer, "dead");
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

test("recovery is told why the work failed, on every try, and of nothing after a crash", async () => {
  await using house = await openHouse();
  const manager = await house.start();
  const told: unknown[] = [];
  const recover = (journal: typeof manager.journal) =>
    journal.use({
      "volume.creating": (job, context) => {
        told.push(context.error instanceof Error ? context.error.message : context.error);
        if (told.length === 1) throw new Error("not yet");
        return markedAs("error")(job, context);
      },
    });
  recover(manager.journal);
  const job = await begin(manager, "v1");
  await expect(manager.work.run(job, () => Promise.reject(new Error("disk full")))).rejects.toThrow("disk full");
  manager.journal.retryNow();
  await manager.journal.settled();
  expect(told).toEqual(["disk full", "disk full"]);
  expect(house.clock.pending).toBe(0);

  await begin(manager, "v2");
  const next = await house.start();
  recover(next.journal);
  await next.journal.recoverCrashed();
  expect(told.at(-1)).toBeUndefined();
  expect(told).toHaveLength(3);
});

test.each(["its signal", "closing"])("one that is told to end by %s claims nothing more of a dead one", async (how) => {
  await using house = await openHouse();
  const dead = await house.start("dead");
  dead.journal.use({ "volume.creating": () => {} });
  for (let n = 0; n < 300; n++) await begin(dead, `v${n}`);
  const peer = await house.start("peer");
  let cleaned = 0;
  const leaving = new AbortController();
  peer.journal.use({
    "volume.creating": () => {
      cleaned += 1;
      if (how === "closing") peer.journal.close();
      else leaving.abort();
    },
  });
  const { epoch } = await house.registry.fencePeer({ manager: "volume", address: "dead" }, 1, "peer");
  await peer.journal.takeOver("dead", epoch, { signal: leaving.signal });
  expect(cleaned).toBe(256);
  expect((await house.rows()).map(({ holderAddress }) => holderAddress)).toEqual(Array(44).fill("dead"));
});
