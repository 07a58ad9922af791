import { expect, test } from "vitest";
import { failure } from "../base/failure.test-kit.ts";
import { type LeaseProcess, openProcesses, settled } from "./lease-processes.test-kit.ts";

const want = ({ leases, holder }: LeaseProcess, name = "rebalance", more = {}) =>
  leases.request({ name, holder, ...more }).granted;

test("of 50 processes that ask at once one holds it, and each of the others when those before it have let go", async () => {
  await using world = await openProcesses();
  const racers = await Promise.all(Array.from({ length: 50 }, (_, n) => world.start(`block-${n}`)));
  let holding = 0;
  const epochs: number[] = [];
  const turns = racers.map(async (racer) => {
    await using held = await want(racer);
    holding += 1;
    expect(holding).toBe(1);
    epochs.push(held.epoch);
    await new Promise((resolve) => setImmediate(resolve));
    holding -= 1;
  });
  await world.advance(0);
  const all = Promise.all(turns);
  for (let seconds = 0; seconds < 200 && !(await settled(all)); seconds++) await world.advance(1_000, 1_000);
  await all;
  expect(epochs).toEqual(Array.from({ length: 50 }, (_, n) => n + 1));
});

test("a lease that is renewed is held for as long as that goes on, and released it is another's within a look", async () => {
  await using world = await openProcesses();
  const [a, b] = [await world.start("a"), await world.start("b")];
  const held = await want(a);
  const next = want(b);
  await world.advance(60_000);
  expect([held.signal.aborted, await settled(next)]).toEqual([false, false]);
  await held.release();
  await world.advance(1_000);
  expect((await next).epoch).toBe(held.epoch + 1);
  expect(held.signal.aborted).toBe(false);
});

test("a holder that dies is followed 6 s after its last renewal, not before", async () => {
  await using world = await openProcesses();
  const [a, b] = [await world.start("a"), await world.start("b")];
  await want(a);
  const next = want(b);
  await world.advance(0);
  a.pause();
  await world.advance(5_750);
  expect(await settled(next)).toBe(false);
  await world.advance(1_250);
  expect((await next).epoch).toBe(2);
});

test("a holder that was paused beyond the expiry finds its signal aborted before it renews, and its successor undisturbed", async () => {
  await using world = await openProcesses();
  const [a, b] = [await world.start("a"), await world.start("b")];
  const held = await want(a);
  const next = want(b);
  a.pause();
  await world.advance(8_000);
  const successor = await next;
  a.resume();
  await world.advance(250);
  expect(held.signal.reason).toMatchObject({ reason: "LEASE_LOST", message: expect.stringContaining("in time") });
  await held.release();
  await world.advance(10_000);
  expect(successor.signal.aborted).toBe(false);
  expect(await world.rows()).toMatchObject([{ address: "b", epoch: 2, released: false }]);
});

test("a machine that slept has lost its leases, though its timers' clock stood still", async () => {
  await using world = await openProcesses();
  const a = await world.start("a");
  const held = await want(a);
  a.clock.sleep(4_000);
  await world.advance(2_000);
  expect(held.signal.aborted).toBe(true);
});

test("a renewal that is never answered costs the lease 4 s after the sending of the one before it", async () => {
  await using world = await openProcesses();
  const [a, b] = [await world.start("a"), await world.start("b")];
  const held = await want(a);
  await world.advance(2_000);
  const answer = a.link.hold();
  const next = want(b);
  await world.advance(3_750);
  expect([held.signal.aborted, await settled(next)]).toEqual([false, false]);
  await world.advance(250);
  expect([held.signal.aborted, await settled(next)]).toEqual([true, false]);
  await world.advance(3_250);
  expect((await next).epoch).toBe(2);
  answer();
});

test("a renewal that is answered late does not bring back what was lost, and its row is left to expire", async () => {
  await using world = await openProcesses();
  const [a, b] = [await world.start("a"), await world.start("b")];
  const held = await want(a);
  const other = await want(a, "other");
  const answer = a.link.holdAnswers();
  await world.advance(4_000);
  expect([held.signal.aborted, other.signal.aborted]).toEqual([true, true]);
  answer();
  // Something else is renewed from here on: what was lost must not be renewed with it.
  const third = await want(a, "third");
  const next = want(b);
  await world.advance(2_000);
  expect(await settled(next)).toBe(false);
  await world.advance(7_000);
  expect([(await next).epoch, held.signal.aborted, third.signal.aborted]).toEqual([2, true, false]);
});

test("the 4 s are counted from the sending of a renewal, however late its answer was", async () => {
  await using world = await openProcesses();
  const a = await world.start("a");
  const held = await want(a);
  const answer = a.link.holdAnswers();
  await world.advance(3_500);
  answer();
  await world.advance(0);
  const question = a.link.hold();
  await world.advance(2_250);
  expect(held.signal.aborted).toBe(false);
  await world.advance(250);
  expect(held.signal.aborted).toBe(true);
  question();
});

test("one that was lost while its renewal was out is not taken by another of its process before it has expired", async () => {
  await using world = await openProcesses();
  const a = await world.start("a");
  const held = await want(a);
  const next = want(a);
  await world.advance(1_750);
  const question = a.link.hold();
  await world.advance(4_250);
  expect(held.signal.aborted).toBe(true);
  question();
  await world.advance(5_500);
  expect(await settled(next)).toBe(false);
  await world.advance(2_000);
  expect((await next).epoch).toBe(2);
});

test("a database that fails for 3 s costs no lease, and one that fails for 4 s all of them", async () => {
  await using world = await openProcesses();
  const a = await world.start("a");
  const held = await want(a);
  a.link.broken = true;
  await world.advance(3_000);
  a.link.broken = false;
  await world.advance(10_000);
  expect(held.signal.aborted).toBe(false);
  a.link.broken = true;
  await world.advance(4_000);
  expect(held.signal.aborted).toBe(true);
});

test("a release while a renewal is under way frees the row, and the renewal's answer changes nothing", async () => {
  await using world = await openProcesses();
  const [a, b] = [await world.start("a"), await world.start("b")];
  const held = await want(a);
  const answer = a.link.holdAnswers();
  await world.advance(2_000);
  const released = held.release();
  answer();
  await released;
  expect(await world.rows()).toMatchObject([{ released: true, keeper: null }]);
  expect((await want(b)).epoch).toBe(2);
  await world.advance(5_000);
  expect(held.signal.aborted).toBe(false);
});

test("a release that the database does not hear resolves, and the row expires", async () => {
  await using world = await openProcesses();
  const [a, b] = [await world.start("a"), await world.start("b")];
  const held = await want(a);
  a.link.broken = true;
  await held.release();
  a.link.broken = false;
  const next = want(b);
  await world.advance(7_000);
  expect((await next).epoch).toBe(2);
});

test("a grant whose answer was lost is found: whoever waits gets it, and where nobody does it is freed", async () => {
  await using world = await openProcesses();
  const [a, b] = [await world.start("a"), await world.start("b")];
  await want(a, "other");
  const answer = a.link.holdAnswers();
  const waiting = want(a);
  const patience = new AbortController();
  const withdrawn = failure(want(a, "unwanted", { signal: patience.signal }));
  await world.advance(0);
  a.link.broken = true;
  answer();
  await world.advance(0);
  patience.abort(new Error("no longer"));
  expect((await withdrawn).message).toBe("no longer");
  a.link.broken = false;
  await world.advance(2_000);
  expect((await waiting).epoch).toBe(2);
  await world.advance(2_000);
  expect((await want(b, "unwanted")).epoch).toBe(2);
});

test("a grant that comes later than 4 s is not relied on, but asked for again", async () => {
  await using world = await openProcesses();
  const a = await world.start("a");
  const answer = a.link.holdAnswers();
  const waiting = want(a);
  await world.advance(4_000);
  answer();
  await world.advance(2_000);
  const held = await waiting;
  expect(held.epoch).toBe(2);
  await world.advance(30_000);
  expect(held.signal.aborted).toBe(false);
});

test("wall clocks that are an hour off, either way, move nothing: only the database's clock and monotonic ones count", async () => {
  await using world = await openProcesses();
  const [a, b] = [await world.start("a"), await world.start("b")];
  for (const offset of [3_600_000, -3_600_000]) {
    a.clock.offset = offset;
    b.clock.offset = -offset;
    const held = await want(a);
    const next = want(b);
    await world.advance(10_000);
    expect([held.signal.aborted, await settled(next)]).toEqual([false, false]);
    expect([...(await b.leases.states(["rebalance"])).leases]).toMatchObject([["rebalance", { state: "held" }]]);
    await held.release();
    await world.advance(1_000);
    await (await next).release();
  }
});

test("a fenced incarnation loses what it holds with its next renewal, is told so, and another has it at once", async () => {
  await using world = await openProcesses();
  const [a, b] = [await world.start("a"), await world.start("b")];
  const held = await want(a);
  await b.registry.raiseEpoch({ manager: "volume", address: "a" });
  expect((await want(b)).epoch).toBe(2);
  await world.advance(2_000);
  expect(held.signal.reason).toMatchObject({ reason: "LEASE_LOST" });
  expect(a.fenced).toMatchObject([{ reason: "FENCED" }]);
});

test("a fenced incarnation acquires nothing", async () => {
  await using world = await openProcesses();
  const a = await world.start("a");
  await a.registry.raiseEpoch({ manager: "volume", address: "a" });
  expect(await failure(want(a))).toMatchObject({ reason: "FENCED" });
  expect(await world.rows()).toEqual([]);
  expect(a.fenced).toHaveLength(1);
});

test("a successor at the same address has its predecessor's lease at once", async () => {
  await using world = await openProcesses();
  const a = await world.start("a");
  await want(a);
  a.pause();
  const reborn = await world.start("a");
  expect((await want(reborn)).epoch).toBe(2);
});

test("who fences raises the epoch of an expired holder in the commit that takes the lease", async () => {
  await using world = await openProcesses();
  const [a, b] = [await world.start("a"), await world.start("b")];
  await want(a, "turns", { fences: true });
  const next = want(b, "turns", { fences: true });
  await world.advance(0);
  a.pause();
  await world.advance(9_000);
  await next;
  expect(await b.registry.isCurrent({ manager: "volume", address: "a" }, a.holder.epoch)).toBe(false);
  a.resume();
  await world.advance(250);
  expect(a.fenced).toMatchObject([{ reason: "FENCED" }]);
});

test("a lease that was released is taken without a fence", async () => {
  await using world = await openProcesses();
  const [a, b] = [await world.start("a"), await world.start("b")];
  const held = await want(a, "turns", { fences: true });
  const next = want(b, "turns", { fences: true });
  await world.advance(1_000);
  await held.release();
  await world.advance(1_000);
  await next;
  expect(await b.registry.isCurrent({ manager: "volume", address: "a" }, a.holder.epoch)).toBe(true);
});

test("an incarnation that lost a fencing lease takes it back when it has expired, and does not fence itself", async () => {
  await using world = await openProcesses();
  const a = await world.start("a");
  const held = await want(a, "turns", { fences: true });
  a.link.broken = true;
  await world.advance(4_000);
  expect(held.signal.aborted).toBe(true);
  a.link.broken = false;
  const again = want(a, "turns", { fences: true });
  await world.advance(8_000);
  expect((await again).epoch).toBe(2);
  expect(await a.registry.isCurrent({ manager: "volume", address: "a" }, a.holder.epoch)).toBe(true);
});

test("after an outage for everybody nobody is fenced: the first to be back has not seen the others for long enough", async () => {
  await using world = await openProcesses();
  const [a, b] = [await world.start("a"), await world.start("b")];
  const held = await want(a, "turns", { fences: true });
  const next = want(b, "turns", { fences: true });
  await world.advance(10_000);
  a.link.broken = b.link.broken = true;
  await world.advance(10_000);
  b.link.broken = false;
  await world.advance(3_000);
  expect(await settled(next)).toBe(false);
  a.link.broken = false;
  expect(held.signal.aborted).toBe(true);
  await held.release();
  await world.advance(1_000);
  expect((await next).epoch).toBe(2);
  expect(await b.registry.isCurrent({ manager: "volume", address: "a" }, a.holder.epoch)).toBe(true);
});

test("a holder that stands still is told as expired 6 s after its last renewal, and one that has let go is not", async () => {
  await using world = await openProcesses();
  const [a, b] = [await world.start("a"), await world.start("b")];
  await want(a, "member:volume/a");
  const left = await want(b, "member:volume/b");
  const names = ["member:volume/a", "member:volume/b", "member:volume/c"];
  const states = async () =>
    Object.fromEntries([...(await b.leases.states(names)).leases].map(([name, { state }]) => [name, state]));
  await world.advance(10_000);
  a.pause();
  await world.advance(5_750);
  expect(await states()).toEqual({ "member:volume/a": "held", "member:volume/b": "held" });
  await left.release();
  await world.advance(250);
  expect(await states()).toEqual({ "member:volume/a": "expired" });
  b.link.broken = true;
  expect(await failure(states())).toMatchObject({ reason: "STORE_FAILED" });
});

test("a question for a lease that waits for the database fences nobody when it comes through", async () => {
  await using world = await openProcesses();
  const [a, b] = [await world.start("a"), await world.start("b")];
  await want(a, "turns", { fences: true });
  await want(b, "other");
  await world.advance(10_000);
  const [goOnForA, goOnForB] = [a.link.hold(), b.link.hold()];
  const next = want(b, "turns", { fences: true }).catch(() => {});
  await world.advance(6_250);
  goOnForB();
  for (let turns = 0; turns < 20; turns++) await settled(next);
  goOnForA();
  await world.advance(1_000);
  expect(await b.registry.isCurrent({ manager: "volume", address: "a" }, 1)).toBe(true);
});

test("one that may resume takes its own back before it has expired, when the database was away for it", async () => {
  await using world = await openProcesses();
  const [a, b] = [await world.start("a"), await world.start("b")];
  const state = async () => (await b.leases.states(["member:volume/a"])).leases.get("member:volume/a")?.state;
  const held = await want(a, "member:volume/a", { resumes: true });
  await world.advance(10_000);
  a.link.broken = true;
  await world.advance(4_500);
  expect(held.signal.aborted).toBe(true);
  const again = want(a, "member:volume/a", { resumes: true });
  a.link.broken = false;
  for (let looks = 0; looks < 20; looks++) {
    await world.advance(250);
    expect(await state()).toBe("held");
  }
  expect((await again).epoch).toBe(held.epoch + 1);
});

test("a process that was paused itself fences nobody until it has seen the database for 6 s", async () => {
  await using world = await openProcesses();
  const [a, b] = [await world.start("a"), await world.start("b")];
  await want(a, "turns", { fences: true });
  const next = want(b, "turns", { fences: true });
  await world.advance(10_000);
  a.pause();
  b.pause();
  await world.advance(20_000);
  b.resume();
  await world.advance(5_000);
  expect(await settled(next)).toBe(false);
  expect(await b.registry.isCurrent({ manager: "volume", address: "a" }, a.holder.epoch)).toBe(true);
  await world.advance(3_000);
  await next;
  expect(await b.registry.isCurrent({ manager: "volume", address: "a" }, a.holder.epoch)).toBe(false);
});

test("1,000 leases of one process cost one statement and one commit every 2 s", async () => {
  await using world = await openProcesses();
  const a = await world.start("a");
  const all = await Promise.all(Array.from({ length: 1_000 }, (_, n) => want(a, `lease-${n}`)));
  await world.advance(2_000);
  a.link.statements.length = a.link.commits = 0;
  await world.advance(20_000);
  expect([a.link.commits, a.link.statements.length]).toEqual([10, 10]);
  expect(all.some(({ signal }) => signal.aborted)).toBe(false);
  // Each at a time of its own: what is let go of does not renew the rest again and again.
  for (const held of all.slice(0, 20)) await held.release();
  expect(a.link.statements.filter((sql) => sql.includes('set "expiresAt" ='))).toHaveLength(10);
});

test("several of one process that want one name take turns in order, and one that is cancelled is passed over", async () => {
  await using world = await openProcesses();
  const a = await world.start("a");
  const first = await want(a);
  const patience = new AbortController();
  const second = failure(want(a, "rebalance", { signal: patience.signal }));
  const third = want(a);
  const fourth = want(a);
  await world.advance(3_000);
  patience.abort(new Error("no longer"));
  expect((await second).message).toBe("no longer");
  await first.release();
  const held = await third;
  expect([held.epoch, await settled(fourth)]).toEqual([2, false]);
  await held[Symbol.asyncDispose]();
  expect((await fourth).epoch).toBe(3);
});

test("a lost lease that is let go of late leaves its successor of the same process alone", async () => {
  await using world = await openProcesses();
  const a = await world.start("a");
  const lost = await want(a);
  a.link.broken = true;
  await world.advance(4_000);
  a.link.broken = false;
  const next = want(a);
  await world.advance(7_000);
  const held = await next;
  await lost.release();
  await world.advance(5_000);
  expect(held.signal.aborted).toBe(false);
  expect(await world.rows()).toMatchObject([{ epoch: 2, released: false }]);
});

test("rows that nobody has held for a day are deleted by whoever acquires later, and their epochs never go back", async () => {
  await using world = await openProcesses();
  const a = await world.start("a");
  for (let n = 0; n < 3; n++) await (await want(a)).release();
  await (await want(a, "other")).release();
  await world.advance(25 * 3_600_000, 3_600_000);
  const kept = await want(a, "kept");
  await world.advance(0);
  expect((await world.rows()).map(({ name }) => name)).toEqual(["kept"]);
  expect(kept.epoch).toBeLessThanOrEqual(3);
  const again = await want(a);
  expect(again.epoch).toBe(4);
});

test("inside a transaction neither asking nor letting go waits for itself: both are refused", async () => {
  await using world = await openProcesses();
  const a = await world.start("a");
  const held = await want(a);
  await a.database.write(
    async () => {
      expect(() => want(a, "other")).toThrow("the store was used inside a transaction");
      expect(() => held.release()).toThrow("the store was used inside a transaction");
    },
    { timeoutMs: 1_000 },
  );
});

test("closed, a process frees what it held, refuses what comes later, and leaves no timer", async () => {
  await using world = await openProcesses();
  const [a, b] = [await world.start("a"), await world.start("b")];
  await want(a);
  const waiting = failure(want(a));
  await a.leases.close();
  expect(await waiting).toMatchObject({ reason: "NOT_SERVING" });
  expect(await failure(want(a))).toMatchObject({ reason: "NOT_SERVING" });
  expect(a.clock.pending).toBe(0);
  const held = await want(b);
  await held.release();
  await world.advance(0);
  expect(b.clock.pending).toBe(0);
});

test.each([false, true])(
  "a database whose clock is set forward gives nobody a lease that is renewed (fencing: %s)",
  async (fences) => {
    await using world = await openProcesses();
    const [a, b] = [await world.start("a"), await world.start("b")];
    const held = await want(a, "rebalance", { fences });
    const next = want(b, "rebalance", { fences });
    await world.advance(10_000);
    world.clock.offset = 3_600_000;
    await world.advance(60_000);
    expect([held.signal.aborted, held.isHeld(), await settled(next)]).toEqual([false, true, false]);
    a.pause();
    await world.advance(8_000);
    expect((await next).epoch).toBe(2);
  },
);

test("a holder that died before the database's clock was set back is followed a life of its lease later, not when that time has come again", async () => {
  await using world = await openProcesses();
  const [a, b, c] = [await world.start("a"), await world.start("b"), await world.start("c")];
  await want(a);
  const other = await want(c, "other");
  const next = want(b);
  void want(b, "other");
  await world.advance(10_000);
  a.pause();
  world.clock.offset = -3_600_000;
  await world.advance(4_000);
  expect(await settled(next)).toBe(false);
  await world.advance(5_000);
  expect((await next).epoch).toBe(2);
  expect(other.isHeld()).toBe(true);
  // Another's look tells the same.
  const { leases } = await b.leases.states(["rebalance", "other"]);
  expect([...leases.values()].map(({ state }) => state)).toEqual(["held", "held"]);
});

test("a lease that lasts longer than any is told expired: it was renewed before the database's clock was set back", async () => {
  await using world = await openProcesses();
  const a = await world.start("a");
  const b = await world.start("b");
  await want(a);
  a.pause();
  world.clock.offset = -3_600_000;
  const { leases } = await b.leases.states(["rebalance"]);
  expect(leases.get("rebalance")).toEqual({ holderEpoch: 1, state: "expired" });
});
