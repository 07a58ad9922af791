import { fakeClock, testManager } from "@reeve/testing";
import { expect, test } from "vitest";
import { serverManager } from "./servers.ts";

function surroundings() {
  const seen: string[] = [];
  const begun: { id: string; signal: AbortSignal; done(image: string): void; fail(error: unknown): void }[] = [];
  return {
    seen,
    begun,
    image: (id: string, signal: AbortSignal) =>
      new Promise<string>((resolve, reject) => void begun.push({ id, signal, done: resolve, fail: reject })),
  };
}

test("a machine is kept through a crash at each of its states, with its child and its delays", async () => {
  const world = surroundings();
  await using house = await testManager(serverManager(world));
  const { calls, log } = house;
  const begunAgain = () => log.lines.filter(({ message }) => message === "begun again").map(({ fields }) => fields);
  await calls.rack({ id: "s1" });
  expect(world.seen).toEqual(["s1 is being racked"]);
  expect(await calls.send({ id: "s1", type: "approved" })).toEqual({ state: "racking", taken: false });
  await house.crash();
  expect(await calls.find({ id: "s1" })).toMatchObject({ status: "active", value: "racking" });
  expect(await calls.send({ id: "s1", type: "racked" })).toEqual({ state: "imaging", taken: true });
  expect(world.begun).toHaveLength(1);
  expect(begunAgain()).toEqual([]);
  await house.crash();
  expect(world.begun).toHaveLength(2);
  expect(begunAgain()).toMatchObject([{ actor: "s1", machine: "server", src: "image" }]);
  world.begun[1]!.fail(new Error("no route"));
  await expect.poll(() => world.begun.length).toBe(3);
  expect(await calls.find({ id: "s1" })).toMatchObject({ context: { attempts: 1, error: { message: "no route" } } });
  world.begun[2]!.done("debian");
  await expect.poll(() => calls.find({ id: "s1" })).toMatchObject({ value: "testing", context: { image: "debian" } });
  await calls.send({ id: "s1", type: "count" });
  await house.crash();
  await calls.send({ id: "s1", type: "count" });
  await calls.send({ id: "s1", type: "skip" });
  expect(await calls.find({ id: "s1" })).toMatchObject({ value: "waiting", context: { counted: 2 } });
  await house.crash();
  expect(await calls.note({ id: "s1", type: "approved", fail: false })).toBe("ready");
  // Actions run at least once, in order.
  expect([...new Set(world.seen)]).toEqual(["s1 is being racked", "s1 is racked", "s1 is ready"]);
  expect(await calls.find({ id: "s1" })).toMatchObject({ status: "done" });
});

test("a delay fires once, at its time; one that has passed meanwhile at once", async () => {
  const world = surroundings();
  const clock = fakeClock();
  await using house = await testManager(serverManager(world), { clock });
  const { calls } = house;
  for (const id of ["s1", "s2"]) await calls.rack({ id });
  await clock.advance(29_000);
  expect(await calls.find({ id: "s1" })).toMatchObject({ value: "racking" });
  await calls.send({ id: "s2", type: "racked" });
  await clock.advance(1_000);
  await expect.poll(() => calls.find({ id: "s1" })).toMatchObject({ value: "lost" });
  expect(await calls.find({ id: "s2" })).toMatchObject({ value: "imaging" });
  await clock.advance(120_000);
  expect(world.seen.filter((what) => what.endsWith("is lost"))).toEqual(["s1 is lost"]);
});

test("an event and rows of one transaction are committed together or not at all", async () => {
  const world = surroundings();
  await using house = await testManager(serverManager(world));
  const { calls } = house;
  await calls.rack({ id: "s1" });
  await expect(calls.note({ id: "s1", type: "racked", fail: true })).rejects.toThrow();
  expect(await calls.find({ id: "s1" })).toMatchObject({ value: "racking" });
  expect([await calls.notes({}), world.begun.length]).toEqual([[], 0]);
  expect(await calls.note({ id: "s1", type: "racked", fail: false })).toBe("imaging");
  expect(await calls.notes({})).toEqual(["s1/racked"]);
  expect(world.begun).toHaveLength(1);
  expect(world.seen).toEqual(["s1 is being racked", "s1 is racked"]);
});

test("a transaction that fails in its event fails as a whole", async () => {
  await using house = await testManager(serverManager(surroundings()));
  const { calls } = house;
  await calls.rack({ id: "s1" });
  await expect(calls.note({ id: "s1", type: "break", fail: false })).rejects.toMatchObject({ reason: "UNDECLARED" });
  await expect(calls.note({ id: "s9", type: "racked", fail: false })).rejects.toMatchObject({ reason: "NO_ACTOR" });
  expect(await calls.notes({})).toEqual([]);
});

test("a guard that throws refuses the event and changes nothing", async () => {
  await using house = await testManager(serverManager(surroundings()));
  const { calls } = house;
  await calls.rack({ id: "s1" });
  await expect(calls.send({ id: "s1", type: "break" })).rejects.toMatchObject({ reason: "UNDECLARED" });
  expect(house.status).toMatchObject({ state: "serving", causes: [] });
  expect(await calls.send({ id: "s1", type: "racked" })).toEqual({ state: "imaging", taken: true });
});

test("an action that throws makes a cause, the actor stands still, and the next life tries it again", async () => {
  await using house = await testManager(serverManager(surroundings()));
  const { calls } = house;
  await calls.rack({ id: "s1" });
  await calls.send({ id: "s1", type: "breakAction" });
  const cause = { reason: "ACTOR_FAILED", message: expect.stringContaining('"s1"'), data: { actors: 1 } };
  await expect.poll(() => house.status).toMatchObject({ state: "serving", causes: [cause] });
  await expect.poll(() => calls.find({ id: "s1" })).toMatchObject({ status: "failed", value: "racking" });
  await expect(calls.send({ id: "s1", type: "racked" })).rejects.toMatchObject({
    reason: "ACTOR_FAILED",
    message: expect.stringContaining("the action is broken"),
  });
  await house.restart();
  await expect.poll(() => house.status).toMatchObject({ causes: [cause] });
  expect(await calls.forget({ id: "s1" })).toBe(true);
  expect(house.status.causes).toEqual([]);
  await expect(calls.send({ id: "s1", type: "racked" })).rejects.toMatchObject({ reason: "NO_ACTOR" });
});

test("an actor that crashes its manager has it started anew", async () => {
  await using house = await testManager(serverManager(surroundings(), { onError: "crash" }));
  const { calls } = house;
  await calls.rack({ id: "s1" });
  const { epoch } = house.report;
  await calls.send({ id: "s1", type: "breakAction" }).catch(() => {});
  await expect.poll(() => house.report.epoch).toBeGreaterThan(epoch);
});

test("one id is one actor", async () => {
  await using house = await testManager(serverManager(surroundings()));
  await house.calls.rack({ id: "s1" });
  await expect(house.calls.rack({ id: "s1" })).rejects.toMatchObject({
    reason: "ACTOR_EXISTS",
    data: { machine: "server", actor: "s1" },
  });
});

test("forgetting an actor ends what it has invoked", async () => {
  const world = surroundings();
  await using house = await testManager(serverManager(world));
  const { calls } = house;
  await calls.rack({ id: "s1" });
  await calls.send({ id: "s1", type: "racked" });
  expect(world.begun[0]!.signal.aborted).toBe(false);
  expect(await calls.forget({ id: "s1" })).toBe(true);
  expect(world.begun[0]!.signal.aborted).toBe(true);
  expect([await calls.find({ id: "s1" }), await calls.forget({ id: "s1" })]).toEqual([undefined, false]);
});

test("one that has ended can be found until its retention is over", async () => {
  const world = surroundings();
  const clock = fakeClock();
  await using house = await testManager(serverManager(world, { retention: "1h" }), { clock });
  const { calls } = house;
  await calls.rack({ id: "s1" });
  await calls.send({ id: "s1", type: "racked" });
  world.begun[0]!.done("debian");
  await expect.poll(() => calls.find({ id: "s1" })).toMatchObject({ value: "testing" });
  await calls.send({ id: "s1", type: "skip" });
  await calls.send({ id: "s1", type: "approved" });
  expect(await calls.send({ id: "s1", type: "racked" })).toEqual({ state: "ready", taken: false });
  await clock.advance(3_000_000);
  expect(await calls.find({ id: "s1" })).toMatchObject({ status: "done", value: "ready" });
  await clock.advance(700_000);
  await expect.poll(() => calls.find({ id: "s1" })).toBeUndefined();
});
