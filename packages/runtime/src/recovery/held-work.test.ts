import { reeveError } from "@reeve/contract";
import { expect, test, vi } from "vitest";
import { failure } from "../base/failure.test-kit.ts";
import { begin, type Incarnation, markedAs, openHouse } from "./house.test-kit.ts";
import type { Job } from "./index.ts";

const late = () => reeveError("DEADLINE_EXCEEDED", "the driver was let go of");
const since = new Date("2026-11-29T04:00:00.000Z");
const waitingFor = { driver: "array", method: "create", since: since.toISOString() };

/** A call into the driver, in the name of whoever makes it. Returns how it comes to rest. */
function enter({ scope }: Incarnation, method = "create"): () => void {
  return scope.entered({ driver: "array", method, since })!;
}

/** Work whose driver call was let go of. */
async function letGo(manager: Incarnation, job?: Job) {
  const rested: (() => void)[] = [];
  const running = manager.work.run(job ?? (await begin(manager, "v1")), async () => {
    rested.push(enter(manager), enter(manager, "list"));
    throw late();
  });
  const error = await failure(running);
  return { error, rested };
}

test("work is recovered when the last of its calls has come to rest, and its caller is told at once", async () => {
  await using house = await openHouse();
  const manager = await house.start();
  const recover = vi.fn(markedAs("error"));
  manager.journal.use({ "volume.creating": recover });
  const job = await begin(manager, "v1");
  const { error, rested } = await letGo(manager, job);
  expect(error).toMatchObject({
    reason: "DEADLINE_EXCEEDED",
    outcome: "maybe-executed",
    data: { resource: "v1", waitingFor },
  });
  expect(manager.journal.held()).toEqual([{ resource: "v1", kind: "volume.creating", waitingFor }]);
  expect([...manager.journal.failed()]).toEqual([[job.id, { waitingFor }]]);
  const busy = await failure(manager.store.transaction((tx) => manager.work.begin(tx, "volume.creating", "v1")));
  expect(busy).toMatchObject({
    reason: "BUSY",
    data: { resource: "v1", kind: "volume.creating", since: expect.any(String), waitingFor },
  });
  expect(busy.message).toContain(`array: create runs on since ${waitingFor.since}`);
  const asked = manager.store.transaction((tx) => manager.work.requireReleased(tx, "v1"));
  expect(await failure(asked)).toMatchObject({ reason: "BUSY", data: { waitingFor } });
  await manager.store.transaction((tx) => manager.work.requireReleased(tx, "v2"));

  rested[0]!();
  expect(recover).not.toHaveBeenCalled();
  expect(manager.journal.held()).toMatchObject([{ waitingFor: { method: "list" } }]);
  rested[1]!();
  await manager.journal.settled();
  expect(recover).toHaveBeenCalledOnce();
  expect(await manager.store.get("volumes", "v1")).toMatchObject({ status: "error" });
  expect([await house.rows(), manager.journal.held(), manager.journal.failed().size]).toEqual([[], [], 0]);
});

test("an effect that swallows the error of such a call, and says that it is done, settles nothing", async () => {
  await using house = await openHouse();
  const manager = await house.start();
  manager.journal.use({ "volume.creating": markedAs("error") });
  let rest = () => {};
  const running = manager.work.run(await begin(manager, "v1"), async () => {
    rest = enter(manager);
    return (tx) => tx.update("volumes", "v1", { status: "available" });
  });
  expect(await failure(running)).toMatchObject({ message: expect.stringContaining("while array: create still ran") });
  expect(await manager.store.get("volumes", "v1")).toMatchObject({ status: "creating" });
  rest();
  await manager.journal.settled();
  expect(await manager.store.get("volumes", "v1")).toMatchObject({ status: "error" });
});

test("a recovery whose own call was let go of is not tried again, by time or when the driver comes back, before that rests", async () => {
  await using house = await openHouse();
  const manager = await house.start();
  let rest = () => {};
  let attempts = 0;
  manager.journal.use({
    "volume.creating": () => {
      if (++attempts > 1) return (tx) => tx.update("volumes", "v1", { status: "error" });
      rest = enter(manager, "list");
      throw late();
    },
  });
  await failure(
    manager.work.run(await begin(manager, "v1"), () => {
      throw new Error("broken");
    }),
  );
  await house.clock.advance(120_000);
  manager.journal.retryNow();
  await manager.journal.settled();
  expect(attempts).toBe(1);
  rest();
  await manager.journal.settled();
  expect(attempts).toBe(2);
  expect(await house.rows()).toEqual([]);
});

test("a recovery that says that it is done while its call still runs settles nothing", async () => {
  await using house = await openHouse();
  const manager = await house.start();
  let rest = () => {};
  let attempts = 0;
  manager.journal.use({
    "volume.creating": () => {
      if (++attempts === 1) rest = enter(manager, "delete");
      return (tx) => tx.update("volumes", "v1", { status: "error" });
    },
  });
  await failure(manager.work.run(await begin(manager, "v1"), () => Promise.reject(new Error("broken"))));
  expect(await manager.store.get("volumes", "v1")).toMatchObject({ status: "creating" });
  rest();
  await manager.journal.settled();
  expect([attempts, await house.rows()]).toEqual([2, []]);
});

test("held work keeps no drain waiting, and the next incarnation of the process holds it on", async () => {
  await using house = await openHouse();
  const manager = await house.start();
  const recoveredHere = vi.fn();
  manager.journal.use({ "volume.creating": recoveredHere });
  const { rested } = await letGo(manager);
  await manager.journal.settled();
  manager.journal.abort(new Error("stopped"));

  const next = await house.start();
  next.journal.use({ "volume.creating": markedAs("error") });
  expect(await next.journal.recoverCrashed()).toEqual({ recovered: 0, failed: 0, unknown: 0, held: 1 });
  expect(next.journal.held()).toEqual([{ resource: "v1", kind: "volume.creating", waitingFor }]);
  for (const rest of rested) rest();
  await next.journal.settled();
  expect(await next.store.get("volumes", "v1")).toMatchObject({ status: "error" });
  expect(recoveredHere).not.toHaveBeenCalled();
});

test("a call that was under way when its incarnation died is held against the next one before anybody has let go of it", async () => {
  await using house = await openHouse();
  const manager = await house.start();
  manager.journal.use({ "volume.creating": () => {} });
  const entered = Promise.withResolvers<() => void>();
  const call = Promise.withResolvers<void>();
  const running = failure(
    manager.work.run(await begin(manager, "v1"), async () => {
      entered.resolve(enter(manager));
      await call.promise;
    }),
  );
  const rest = await entered.promise;
  manager.journal.abort(new Error("killed"));
  const next = await house.start();
  next.journal.use({ "volume.creating": markedAs("error") });
  expect(await next.journal.recoverCrashed()).toMatchObject({ held: 1 });
  rest();
  call.resolve();
  await running;
  await next.journal.settled();
  expect(await next.store.get("volumes", "v1")).toMatchObject({ status: "error" });
});

test("abandoned: held work is recovered at once, and that its call comes to rest later changes nothing", async () => {
  await using house = await openHouse();
  const manager = await house.start();
  const recover = vi.fn(markedAs("error"));
  manager.journal.use({ "volume.creating": recover });
  const { rested } = await letGo(manager);
  expect(manager.journal.abandon("v1", "rebooted")).toMatchObject({
    found: true,
    calls: [{ method: "create" }, { method: "list" }],
  });
  await manager.journal.settled();
  expect(recover).toHaveBeenCalledOnce();
  for (const rest of rested) rest();
  await manager.journal.settled();
  expect(recover).toHaveBeenCalledOnce();
  expect(manager.journal.abandon("v1", "again")).toEqual({ found: false, calls: [] });
});

test("abandoned: work that does not return is recovered, may use driver and store no more, and its result is dropped", async () => {
  await using house = await openHouse();
  const manager = await house.start();
  manager.journal.use({ "volume.creating": markedAs("error") });
  const begun = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  const tried: unknown[] = [];
  let aborted = false;
  const running = failure(
    manager.work.run(await begin(manager, "v1"), async ({ signal }) => {
      signal.addEventListener("abort", () => (aborted = true));
      begun.resolve();
      await gate.promise;
      try {
        enter(manager);
      } catch (error) {
        tried.push(error);
      }
      tried.push(await failure(manager.store.transaction((tx) => tx.update("volumes", "v1", { status: "x" }))));
      return (tx) => tx.update("volumes", "v1", { status: "available" });
    }),
  );
  await begun.promise;
  manager.journal.abandon("v1", "it hangs");
  expect(await running).toMatchObject({ reason: "ABANDONED", outcome: "maybe-executed", data: { resource: "v1" } });
  expect(aborted).toBe(true);
  await manager.journal.settled();
  expect(await manager.store.get("volumes", "v1")).toMatchObject({ status: "error" });
  gate.resolve();
  await expect.poll(() => tried).toMatchObject([{ reason: "ABANDONED" }, { reason: "ABANDONED" }]);
  await expect
    .poll(() => house.log.lines.map(({ message }) => message))
    .toContain("abandoned work has returned; what came of it is dropped");
  expect(await manager.store.get("volumes", "v1")).toMatchObject({ status: "error" });
});

test("of an abandonment and the commit that finishes the work at the same moment, one wins", async () => {
  await using house = await openHouse();
  const manager = await house.start();
  manager.journal.use({ "volume.creating": markedAs("error") });
  const finishing = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  const running = manager.work.run(await begin(manager, "v1"), async () => async (tx) => {
    finishing.resolve();
    await gate.promise;
    await tx.update("volumes", "v1", { status: "available" });
  });
  const failed = failure(running);
  await finishing.promise;
  manager.journal.abandon("v1", "it hangs");
  gate.resolve();
  await failed;
  await manager.journal.settled();
  expect(await manager.store.get("volumes", "v1")).toMatchObject({ status: "available" });
  expect(await house.rows()).toEqual([]);
});

test("work.abandon deletes whatever is under way on a resource, in the commit that removes the resource", async () => {
  await using house = await openHouse();
  const gone = await house.start("block-02");
  gone.journal.use({ "volume.creating": markedAs("error") });
  await begin(gone, "v1");
  const manager = await house.start();
  const abandon = () =>
    manager.store.transaction(async (tx) => {
      await tx.delete("volumes", "v1").catch(() => {});
      return manager.work.abandon(tx, "v1");
    });
  expect(await abandon()).toBe("volume.creating");
  expect(await abandon()).toBeUndefined();
  expect(await house.rows()).toEqual([]);
  const back = await house.start("block-02");
  back.journal.use({ "volume.creating": markedAs("error") });
  expect(await back.journal.recoverCrashed()).toEqual({ recovered: 0, failed: 0, unknown: 0, held: 0 });
});

test("other work that abandoned work runs is recovered all the same, in its own name", async () => {
  await using house = await openHouse();
  const manager = await house.start();
  const seen: unknown[] = [];
  manager.journal.use({
    "volume.creating": (job) => {
      seen.push(job.resource);
      enter(manager, "list")();
      return (tx) => tx.update("volumes", job.resource, { status: "error" });
    },
  });
  const inner = await begin(manager, "v2");
  const begun = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  const outer = failure(
    manager.work.run(await begin(manager, "v1"), async () => {
      begun.resolve();
      await gate.promise;
      await failure(manager.work.run(inner, () => Promise.reject(new Error("broken"))));
    }),
  );
  await begun.promise;
  manager.journal.abandon("v1", "it hangs");
  await outer;
  gate.resolve();
  await expect.poll(() => seen).toEqual(["v1", "v2"]);
  await manager.journal.settled();
  expect(await house.rows()).toEqual([]);
});
