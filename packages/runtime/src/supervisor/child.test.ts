import { expect, test } from "vitest";
import { failure } from "../base/failure.test-kit.ts";
import type { ReceivedCall } from "../rpc/callee/received-call.ts";
import { plainChild, settled } from "./life.fixture.ts";

test("a life that fails is followed by another after the backoff, when all that it had opened is closed", async () => {
  const it = plainChild();
  await it.run();
  it.life.fail();
  expect(it.child.state).toBe("backingOff");
  await it.clock.advance(1_000);
  expect([it.child.state, it.lives.length]).toEqual(["restarting", 1]);
  await it.lives[0]!.close();
  expect(it.lives.length).toBe(2);
  it.life.open();
  expect(it.child.state).toBe("running");
});

test("while a start has failed it refuses what comes, and while one is tried again what comes waits", async () => {
  const it = plainChild();
  await it.run();
  const stopping = it.child.stop();
  it.life.tell("stopped");
  await it.life.close();
  await stopping;
  const opening = failure(it.child.open());
  it.life.fail();
  await opening;
  const call = {} as ReceivedCall;
  it.child.deliver(call);
  // Its last life says why.
  expect([it.child.state, it.life.delivered]).toEqual(["failed", [call]]);
  const again = it.child.open();
  const second = { waits: true, settled: false } as ReceivedCall;
  it.child.deliver(second);
  await it.life.close();
  expect([it.lives.length, it.life.delivered]).toEqual([3, [second]]);
  it.life.open();
  await again;
});

test("a stop while it restarts has the last word: no life follows, and who asked for the restart is told", async () => {
  const it = plainChild();
  await it.run();
  const restarting = failure(it.child.restart());
  const stopping = it.child.stop();
  it.life.tell("stopped");
  await it.life.close();
  await stopping;
  expect(await restarting).toMatchObject({ reason: "NOT_SERVING" });
  expect([it.child.state, it.lives.length, it.listed]).toEqual(["stopped", 1, false]);
});

test("a stop during the backoff lets no life follow, and keeps no timer", async () => {
  const it = plainChild();
  await it.run();
  await it.crash();
  await it.child.stop();
  expect(it.clock.pending).toBe(0);
  await it.clock.advance(60_000);
  expect([it.child.state, it.lives.length]).toEqual(["stopped", 1]);
});

test("fenced while it drains for a restart it gives up: the next life would take the address back", async () => {
  const it = plainChild();
  await it.run();
  const restarting = failure(it.child.restart());
  it.life.fence();
  await it.life.close();
  expect(await restarting).toMatchObject({ reason: "BOOT_FAILED", cause: { reason: "FENCED" } });
  expect([it.child.state, it.lives.length]).toEqual(["gone", 1]);
  expect(it.gaveUp).toMatchObject([{ reason: "FENCED" }]);
});

test("superseded while it starts it is open, though degraded, and the next life follows on whoever was there", async () => {
  const it = plainChild({ hears: true, maxRestarts: 0 });
  const opening = Promise.all([it.child.open(), it.child.ready()]);
  it.life.fence();
  await opening;
  expect(it.child.status).toMatchObject({ state: "degraded", causes: [{ reason: "ADDRESS_CLAIMED" }] });
  expect([...it.waits]).toMatchObject([{ lost: { manager: "bell", address: "a", epoch: 2, unheard: 0 } }]);
  await it.lives[0]!.close();
  expect([it.child.state, it.lives.length, it.clock.pending]).toEqual(["superseded", 1, 0]);
  await it.vacant({ epoch: 7, heard: true });
  it.life.open();
  expect([it.child.state, it.follows, it.gaveUp]).toEqual(["running", [undefined, 7], []]);
});

test("no life but the first takes the address from another process: each follows on the last one known", async () => {
  const it = plainChild({ hears: true });
  await it.run();
  await it.crash();
  await it.clock.advance(1_000);
  it.life.fence();
  await it.life.close();
  await it.vacant({ epoch: 5, heard: true });
  it.life.fail();
  await it.life.close();
  await it.clock.advance(2_000);
  expect(it.follows).toEqual([undefined, 1, 5, 3]);
});

test("each successor that was never heard of counts, until one is", async () => {
  const it = plainChild({ hears: true });
  await it.run();
  const counts: number[] = [];
  for (const heard of [false, false, true, false]) {
    it.life.fence();
    await it.life.close();
    counts.push([...it.waits][0]!.lost.unheard);
    await it.vacant({ epoch: 2, heard });
    it.life.open();
  }
  expect(counts).toEqual([0, 1, 2, 0]);
});

test("while it is superseded it refuses what comes, joins starts and restarts, and has nothing to kill", async () => {
  const it = plainChild({ hears: true });
  await it.run();
  it.life.fence();
  await it.life.close();
  const refusals: unknown[] = [];
  const refuse = (error: unknown) => void refusals.push(error);
  it.child.deliver({ waits: true, settled: false, refuse } as unknown as ReceivedCall);
  expect(refusals).toMatchObject([{ reason: "NOT_SERVING", data: { state: "degraded" } }]);
  await Promise.all([it.child.open(), it.child.restart()]);
  it.child.kill(new Error("none lives"));
  expect([it.child.alive, it.lives.length, it.life.delivered, it.life.commands]).toEqual([false, 1, [], []]);
});

test.each(["stop", "terminate"] as const)("a %s while it is superseded waits for nobody any more", async (verb) => {
  const it = plainChild({ hears: true });
  await it.run();
  it.life.fence();
  await it.life.close();
  await it.child[verb](new Error("enough"));
  expect([it.waits.size, it.child.status.state, it.lives.length, it.listed]).toEqual([0, "stopped", 1, false]);
});

test("superseded while it drains for a restart it waits: the next life would take the address back", async () => {
  const it = plainChild({ hears: true });
  await it.run();
  const restarting = it.child.restart();
  it.life.fence();
  await restarting;
  expect([it.child.state, it.lives.length, it.gaveUp]).toEqual(["superseded", 1, []]);
});

test("fenced while it drains for a stop it stops, and nobody gives up", async () => {
  const it = plainChild();
  await it.run();
  const stopping = it.child.stop();
  it.life.fence();
  await it.life.close();
  await stopping;
  expect([it.child.state, it.gaveUp]).toEqual(["stopped", []]);
});

test("a restart that waits when the intensity is exceeded is told of the failure", async () => {
  const it = plainChild({ maxRestarts: 1 });
  await it.run();
  await it.crash();
  const restarting = failure(it.child.restart());
  await settled();
  expect(it.lives.length).toBe(2);
  await it.crash();
  expect(await restarting).toMatchObject({ reason: "BOOT_FAILED", cause: { message: "broken" } });
  expect([it.child.state, it.gaveUp.length, it.clock.pending]).toEqual(["gone", 1, 0]);
});

test("once it gave up it is not started, restarted or killed, and stops at once", async () => {
  const it = plainChild({ maxRestarts: 0 });
  await it.run();
  await it.crash();
  expect(it.child.state).toBe("gone");
  expect(await failure(it.child.open())).toMatchObject({ reason: "NOT_SERVING" });
  expect(await failure(it.child.restart())).toMatchObject({ reason: "NOT_SERVING" });
  it.child.kill(new Error("again"));
  await it.child.stop();
  await it.child.terminate(new Error("again"));
  expect([it.lives.length, it.lives[0]!.commands]).toEqual([1, []]);
});

test("a kill ends a life as a crash does, and there is none to kill between two", async () => {
  const it = plainChild();
  await it.run();
  it.child.kill(new Error("killed"));
  it.child.kill(new Error("killed twice"));
  expect([it.child.state, it.life.commands]).toEqual(["backingOff", ["kill"]]);
  await it.clock.advance(1_000);
  it.child.kill(new Error("killed while it closes"));
  expect([it.child.state, it.life.commands]).toEqual(["restarting", ["kill"]]);
  await it.life.close();
  expect(it.lives.length).toBe(2);
});

test("a kill while it is replaced hastens the next life, and counts as no failure", async () => {
  const it = plainChild({ maxRestarts: 0 });
  await it.run();
  const restarting = it.child.restart();
  it.child.kill(new Error("it hangs"));
  await it.life.close();
  it.life.open();
  await restarting;
  expect([it.child.state, it.lives.length, it.gaveUp]).toEqual(["running", 2, []]);
});

test("restarts asked for together are one, also while the next life boots", async () => {
  const it = plainChild();
  await it.run();
  const both = [it.child.restart(), it.child.restart()];
  it.life.tell("stopped");
  await it.life.close();
  both.push(it.child.restart());
  it.life.open();
  await Promise.all(both);
  expect(it.lives.length).toBe(2);
});

test("a restart while it starts joins the start, which goes on", async () => {
  const it = plainChild();
  const opening = it.child.open();
  const restarting = it.child.restart();
  it.life.open();
  await Promise.all([opening, restarting]);
  expect([it.lives.length, it.life.commands]).toEqual([1, []]);
});

test("who waits for it to be ready waits on through a restart that somebody asks for", async () => {
  const it = plainChild();
  const opening = it.child.open();
  it.life.tell("serving");
  await opening;
  // It takes the command, and is still what it was.
  it.life.busy = true;
  const restarting = it.child.restart();
  let ready = false;
  const waiting = it.child.ready().then(() => {
    ready = true;
  });
  await settled();
  expect(ready).toBe(false);
  it.life.tell("stopped");
  await it.life.close();
  it.life.open();
  await Promise.all([restarting, waiting]);
});

test("a first life that fails is not followed by another, until somebody starts it", async () => {
  const it = plainChild();
  const opening = failure(it.child.open());
  it.life.fail();
  expect(await opening).toMatchObject({ reason: "BOOT_FAILED", cause: { message: "broken" } });
  await it.clock.advance(60_000);
  expect([it.child.state, it.lives.length]).toEqual(["failed", 1]);
  const again = it.child.open();
  expect(it.lives.length).toBe(1);
  await it.lives[0]!.close();
  it.life.open();
  await again;
  expect([it.child.state, it.lives.length]).toEqual(["running", 2]);
});

test("one that is stopped before its start never begins, and may be started later", async () => {
  const it = plainChild();
  await it.child.stop();
  expect([it.child.state, it.child.status.state, it.lives.length, it.listed]).toEqual(["stopped", "stopped", 0, false]);
  await it.run();
  expect([it.child.state, it.listed]).toEqual(["running", true]);
});

test("terminated it is gone without time for its cleanup, whatever it was doing", async () => {
  for (const prepare of [
    async () => {},
    async (it: ReturnType<typeof plainChild>) => void it.child.restart().catch(() => {}),
    async (it: ReturnType<typeof plainChild>) => void it.child.stop(),
    async (it: ReturnType<typeof plainChild>) => it.life.fail(),
  ]) {
    const it = plainChild();
    await it.run();
    await prepare(it);
    const terminated = it.child.terminate(new Error("too late"));
    expect(it.life.closingMs).toBe(0);
    await it.life.close();
    await terminated;
    await it.clock.advance(60_000);
    expect([it.child.state, it.lives.length, it.listed, it.clock.pending]).toEqual(["gone", 1, false, 0]);
  }
});

test("what an earlier life still closes ends nothing that runs now", async () => {
  const it = plainChild();
  await it.run();
  it.life.fail();
  const first = it.life;
  await it.clock.advance(1_000);
  await first.close();
  it.life.open();
  first.tell("stopped", new Error("late"));
  await first.close();
  expect([it.child.state, it.lives.length]).toEqual(["running", 2]);
});

test("failures beyond the window, and those of the host's database, do not count against the intensity", async () => {
  const it = plainChild({ maxRestarts: 1 });
  await it.run();
  const again = async () => {
    await it.crash();
    await it.clock.advance(10_000);
    it.life.open();
  };
  await again();
  await it.clock.advance(50_000);
  await again();
  it.database.fails = true;
  await again();
  await again();
  expect([it.child.state, it.gaveUp]).toEqual(["running", []]);
  it.database.fails = false;
  await it.crash();
  expect([it.child.state, it.gaveUp.length]).toEqual(["gone", 1]);
});

test("the pause doubles with each failure within the window, up to its longest", async () => {
  const it = plainChild({ maxRestarts: 5 });
  await it.run();
  for (const pauseMs of [1_000, 2_000, 4_000, 8_000, 8_000]) {
    await it.crash();
    const begun = it.lives.length;
    await it.clock.advance(pauseMs - 1);
    expect(it.lives.length).toBe(begun);
    await it.clock.advance(1);
    expect(it.lives.length).toBe(begun + 1);
    it.life.open();
  }
});
