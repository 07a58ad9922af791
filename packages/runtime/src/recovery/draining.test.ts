import { expect, test } from "vitest";
import { begin, markedAs, openHouse } from "./house.test-kit.ts";

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
