import { sqlite } from "@reeve/runtime/sqlite";
import { expect, test } from "vitest";
import { Lever, leverPort } from "./lever.ts";
import { millHouse, millManager, warnings } from "./mill.ts";

// Races, each of which a test here or in packages/runtime/src/{takeover,registry,recovery} forces:
// - the dead one lives: it is fenced before anything is claimed, begins anew, and its old work commits nothing
// - it has registered again before it is fenced: it is left alone (registry.test.ts)
// - it registers again after it was fenced, before its rows are claimed: what it begins then is not claimed (recovery.test.ts)
// - several take over at once: one gets each row (recovery.test.ts)
// - who takes over dies after the fence, or after the claim: a third goes on
// - the device cannot be fenced: nothing is claimed until it can
// - who judges was cut off itself: nobody is judged
// - a goodbye and a restart: who has left nothing is not fenced

const silenceMs = 13_000;

test("what a member that is cut off had begun is finished by another, once; it starts anew, and its old life writes nothing", async () => {
  const { host, until, pass, witness, grindOn } = millHouse();
  const [a, b, c] = [await host("a"), await host("b"), await host("c")];
  const outcome = b.ref
    .at("b")
    .grind({ id: "s1" }, { idempotencyKey: "k1" })
    .catch((error: unknown) => error);
  await pass(15_000);
  expect(b.epoch()).toBe(1);
  b.link.cut();
  // Its silence began up to a heartbeat earlier.
  expect(await until(() => witness.cleaned.length > 0, silenceMs)).toBeGreaterThanOrEqual(7_500);
  expect(witness.cleaned).toEqual([expect.stringMatching(/^s1 by [ac]$/)]);
  await until(() => b.epoch() === 3, 5_000);
  grindOn();
  expect(await outcome).toMatchObject({ outcome: "maybe-executed" });
  await pass(30_000);
  expect(witness.cleaned).toHaveLength(1);
  // At any member, with what its recovery made of it.
  const by = witness.cleaned[0]!.slice(-1);
  for (const { ref, name } of [a, c])
    expect(await ref.at(name).grind({ id: "s1" }, { idempotencyKey: "k1" })).toBe(`recovered by ${by}`);
});

test("a key that ran at a dead member before it had begun any work is answered at another, and not taken for running", async () => {
  const { host, until, pass, witness } = millHouse();
  const [a, b] = [await host("a"), await host("b")];
  witness.onBegun = () => new Promise(() => {});
  void b.ref
    .at("b")
    .grind({ id: "s1" }, { idempotencyKey: "k1" })
    .catch(() => undefined);
  await pass(15_000);
  const again = () =>
    a.ref
      .at("a")
      .grind({ id: "s1" }, { idempotencyKey: "k1" })
      .catch((error: unknown) => error);
  expect(await again()).toMatchObject({ reason: "DUPLICATE_KEY", data: { state: "running" } });
  b.link.cut();
  await until(() => b.epoch() === 3, 20_000);
  witness.onBegun = () => {};
  expect(await again()).not.toMatchObject({ data: { state: "running" } });
});

test("who was cut off itself judges nobody, until it has been back for a whole window", async () => {
  const { host, until, pass, witness } = millHouse();
  const [a, b] = [await host("a"), await host("b")];
  void b.ref
    .at("b")
    .grind({ id: "s1" })
    .catch(() => undefined);
  await pass(15_000);
  a.link.cut();
  // b takes over a, which has nothing; a hears nobody for long and takes nothing of b.
  await pass(60_000);
  expect(witness.cleaned).toEqual([]);
  expect(b.epoch()).toBe(1);
  b.link.cut();
  a.link.heal();
  // It is as if b had never been heard: a window after a is back.
  expect(await until(() => witness.cleaned.length > 0, 20_000)).toBeGreaterThanOrEqual(10_000);
});

test("a device is fenced after the database and before the first claim, and where it cannot be, nothing is claimed", async () => {
  const lever = new Lever();
  const { host, until, pass, witness } = millHouse();
  const options = { definition: millManager(witness, { driver: leverPort }), driver: lever.driver() };
  await host("a", options);
  const b = await host("b", { ...options, maxRestarts: 0 });
  void b.ref
    .at("b")
    .grind({ id: "s1" })
    .catch(() => undefined);
  await pass(15_000);
  lever.onFence = () => {
    expect(witness.cleaned).toEqual([]);
    throw new Error("the device is away");
  };
  b.link.cut();
  await until(() => b.supervisor.managers()[0]!.status.state === "stopped", 20_000);
  await pass(10_000);
  expect([witness.cleaned, lever.fenced]).toEqual([[], []]);
  lever.onFence = () => expect(witness.cleaned).toEqual([]);
  await until(() => witness.cleaned.length > 0, 40_000);
  expect([witness.cleaned, lever.fenced]).toEqual([["s1 by a"], ["b below 2"]]);
});

test("where the driver does not fence nobody is taken over, and it is said once, with its name", async () => {
  const lever = new Lever();
  const { host, pass, witness, log } = millHouse();
  const options = { definition: millManager(witness, { driver: leverPort }), driver: lever.driver(false) };
  const [, b] = [await host("a", options), await host("b", options)];
  void b.ref
    .at("b")
    .grind({ id: "s1" })
    .catch(() => undefined);
  await pass(15_000);
  b.link.cut();
  await pass(60_000);
  expect([witness.cleaned, lever.fenced, b.epoch()]).toEqual([[], [], 1]);
  expect(warnings(log).filter((line) => line.includes("does not fence"))).toHaveLength(2);
  expect(log.lines.find(({ message }) => String(message).includes("does not fence"))?.fields).toMatchObject({
    driver: "lever",
  });
});

test.each([
  ["another store", { store: sqlite({ path: ":memory:" }) }],
  ["another cluster", { cluster: "hills" }],
  ["no cluster", { cluster: null }],
])("a host with %s is never taken over", async (_, options) => {
  const { host, pass, witness } = millHouse();
  const [, b] = [await host("a"), await host("b", options)];
  void b.ref
    .at("b")
    .grind({ id: "s1" })
    .catch(() => undefined);
  await pass(15_000);
  b.link.cut();
  await pass(60_000);
  expect([witness.cleaned, b.epoch()]).toEqual([[], 1]);
});

test("a member that dies while it takes over is taken over with what it had claimed", async () => {
  const { host, until, pass, witness } = millHouse();
  const [a, b, c] = [await host("a"), await host("b"), await host("c")];
  void b.ref
    .at("b")
    .grind({ id: "s1" })
    .catch(() => undefined);
  await pass(15_000);
  const claimedBy: string[] = [];
  witness.onRecover = (address) => {
    claimedBy.push(address);
    // The first one hangs in its recovery, and is cut off.
    if (claimedBy.length > 1) return;
    (address === "a" ? a : c).link.cut();
    return new Promise(() => {});
  };
  b.link.cut();
  await until(() => witness.cleaned.length > 0, 40_000);
  await pass(30_000);
  expect(witness.cleaned).toHaveLength(1);
  expect(claimedBy).toHaveLength(2);
  expect(claimedBy[0]).not.toBe(claimedBy[1]);
});

test("a member that stops and has left nothing is not fenced; what one could not finish is taken over at once", async () => {
  const { host, until, pass, witness } = millHouse();
  const [a, b] = [await host("a"), await host("b")];
  await pass(15_000);
  const restarted = b.supervisor.restart("mill", "b");
  await until(() => b.epoch() === 2, 5_000);
  await restarted;
  await pass(5_000);
  expect(b.epoch()).toBe(2);
  void b.ref
    .at("b")
    .grind({ id: "s1" })
    .catch(() => undefined);
  await pass(1_000);
  let stopped = false;
  void b.supervisor.drain("mill", "b").then(() => {
    stopped = true;
  });
  // Its drain timeout, and no more.
  await until(() => stopped, 40_000);
  expect(await until(() => witness.cleaned.length > 0, 3_000)).toBeLessThanOrEqual(2_000);
  expect(witness.cleaned).toEqual(["s1 by a"]);
  expect(a.epoch()).toBe(1);
});

test("what members that nobody hears of have left is looked at after one window", async () => {
  const { host, until, pass, witness } = millHouse();
  const keeper = await host("keeper", { cluster: null });
  const b = await host("b");
  void b.ref
    .at("b")
    .grind({ id: "s1" })
    .catch(() => undefined);
  await pass(1_000);
  b.supervisor.kill("mill", "b");
  b.link.cut();
  let stopped = false;
  void b.supervisor.stop().then(() => {
    stopped = true;
  });
  await until(() => stopped, 120_000);
  const left = witness.cleaned.length;
  await host("a");
  if (left === 0) expect(await until(() => witness.cleaned.length > 0, 15_000)).toBeGreaterThanOrEqual(9_000);
  expect(keeper.epoch()).toBe(1);
  expect(witness.cleaned).toHaveLength(1);
});

test("work of a kind that is not known here is left to a member that knows it", async () => {
  const { host, until, pass, witness } = millHouse();
  const older = await host("older", { definition: millManager(witness, { kinds: ["mill.sifting"] }) });
  const b = await host("b");
  void b.ref
    .at("b")
    .grind({ id: "s1" })
    .catch(() => undefined);
  await pass(15_000);
  b.link.cut();
  b.supervisor.kill("mill", "b");
  await pass(1_000);
  await host("newer");
  await until(() => witness.cleaned.length > 0, 30_000);
  await pass(10_000);
  expect(witness.cleaned).toHaveLength(1);
  expect(witness.cleaned[0]).not.toMatch(/older/);
  expect(older.epoch()).toBe(1);
});
