import { expect, test, vi } from "vitest";
import { begin, markedAs, openHouse } from "./house.test-kit.ts";

const kind = "volume.creating";

async function collect<P, R>(running: AsyncGenerator<P, R>): Promise<[P[], R]> {
  const steps: P[] = [];
  for (;;) {
    const step = await running.next();
    if (step.done) return [steps, step.value];
    steps.push(step.value);
  }
}

test("steps come in order, and what its finishing transaction gives is returned, in the commit that clears the intent", async () => {
  await using house = await openHouse();
  const manager = await house.start();
  manager.journal.use({ [kind]: () => {} });
  const job = await begin(manager, "v1");
  const running = manager.work.stream(job, async function* ({ signal, epoch }) {
    expect(signal.aborted).toBe(false);
    for (const percent of [10, 50, 100]) yield percent;
    return (tx) => tx.update("volumes", "v1", { status: `copied in ${epoch}` });
  });
  expect(await collect(running)).toEqual([[10, 50, 100], { id: "v1", status: "copied in 1" }]);
  expect(await house.rows()).toEqual([]);
  expect(manager.journal.inFlight).toBe(0);
});

test("it begins with the first step that is asked for, and waits for its reader", async () => {
  await using house = await openHouse();
  const manager = await house.start();
  manager.journal.use({ [kind]: () => {} });
  const job = await begin(manager, "v1");
  let made = 0;
  const running = manager.work.stream(job, async function* () {
    for (; made < 100; ) yield ++made;
  });
  await house.clock.advance(0);
  expect(made).toBe(0);
  expect(await running.next()).toEqual({ done: false, value: 1 });
  await house.clock.advance(0);
  expect(made).toBeLessThan(4);
  expect((await collect(running))[0]).toHaveLength(99);
});

test("a reader that leaves ends no work, and its leaving ends when the work has", async () => {
  await using house = await openHouse();
  const manager = await house.start();
  manager.journal.use({ [kind]: () => {} });
  const job = await begin(manager, "v1");
  const rest = Promise.withResolvers<void>();
  let aborted = false;
  const running = manager.work.stream(job, async function* ({ signal }) {
    signal.addEventListener("abort", () => {
      aborted = true;
    });
    for (let percent = 0; percent < 50; percent++) yield percent;
    await rest.promise;
    return (tx) => tx.update("volumes", "v1", { status: "copied" });
  });
  await running.next();
  const left = vi.fn();
  const leaving = running.return(undefined as never).then(left);
  await house.clock.advance(0);
  expect(left).not.toHaveBeenCalled();
  rest.resolve();
  await leaving;
  expect(aborted).toBe(false);
  expect(await manager.store.get("volumes", "v1")).toEqual({ id: "v1", status: "copied" });
  expect(await house.rows()).toEqual([]);
});

test("a failure after some steps gives the job to recover first, and is then thrown on", async () => {
  await using house = await openHouse();
  const manager = await house.start();
  manager.journal.use({ [kind]: markedAs("error") });
  const job = await begin(manager, "v1");
  const steps: number[] = [];
  const reading = (async () => {
    const running = manager.work.stream(job, async function* () {
      yield 10;
      throw new Error("disk");
    });
    for await (const step of running) steps.push(step);
  })();
  await expect(reading).rejects.toThrow("disk");
  expect(steps).toEqual([10]);
  expect(await manager.store.get("volumes", "v1")).toEqual({ id: "v1", status: "error" });
  expect(await house.rows()).toEqual([]);
});

test.each([
  ["waits for its reader", 1],
  ["makes steps for nobody", 0],
])("a cancel ends it at its next step while it %s, and lets it clean up", async (_, reads) => {
  await using house = await openHouse();
  const manager = await house.start();
  manager.journal.use({ [kind]: markedAs("cancelled") });
  const job = await begin(manager, "v1");
  const cleaned = vi.fn();
  const running = manager.work.stream(job, async function* () {
    try {
      for (let step = 0; ; step++) {
        yield step;
        await Promise.resolve();
      }
    } finally {
      cleaned();
    }
  });
  await running.next();
  const end = reads === 1 ? undefined : running.return(undefined as never);
  await house.clock.advance(0);
  expect(manager.work.cancel("v1")).toBe(true);
  if (end) await end;
  else await expect(collect(running)).rejects.toMatchObject({ reason: "CANCELLED" });
  expect(cleaned).toHaveBeenCalledOnce();
  expect(await manager.store.get("volumes", "v1")).toEqual({ id: "v1", status: "cancelled" });
});

test("fenced in the middle, its successor recovers it", async () => {
  await using house = await openHouse();
  const first = await house.start();
  first.journal.use({ [kind]: () => {} });
  const job = await begin(first, "v1");
  const goOn = Promise.withResolvers<void>();
  const running = first.work.stream(job, async function* () {
    yield 10;
    await goOn.promise;
    return (tx) => tx.update("volumes", "v1", { status: "copied" });
  });
  await running.next();
  const second = await house.start();
  second.journal.use({ [kind]: markedAs("recovered") });
  expect(await second.journal.recoverCrashed()).toMatchObject({ recovered: 1 });
  goOn.resolve();
  await expect(running.next()).rejects.toMatchObject({ reason: "FENCED" });
  expect(await second.store.get("volumes", "v1")).toEqual({ id: "v1", status: "recovered" });
});

test("work that was abandoned between two steps is waited for no more", async () => {
  await using house = await openHouse();
  const manager = await house.start();
  manager.journal.use({ [kind]: markedAs("error") });
  const job = await begin(manager, "v1");
  const running = manager.work.stream(job, async function* () {
    yield 10;
    await new Promise<never>(() => {});
  });
  await running.next();
  expect(manager.journal.abandon("v1", "array was rebooted").found).toBe(true);
  await expect(running.next()).rejects.toMatchObject({ reason: "ABANDONED" });
  expect(await manager.store.get("volumes", "v1")).toEqual({ id: "v1", status: "error" });
});

test("anything but a generator is refused, and its job recovered", async () => {
  await using house = await openHouse();
  const manager = await house.start();
  manager.journal.use({ [kind]: markedAs("error") });
  const job = await begin(manager, "v1");
  await expect(collect(manager.work.stream(job, (async () => {}) as never))).rejects.toThrow(
    "async generator function",
  );
  expect(await manager.store.get("volumes", "v1")).toEqual({ id: "v1", status: "error" });
});
