import { expect, test, vi } from "vitest";
import { knowing } from "./placer-bench.fixture.ts";
import { report, storage } from "./report.fixture.ts";

test("releasing gives back at once, also what another scheduler placed", async () => {
  const { place, placer, second, reserved } = await knowing({ a: 100 });
  const other = await second();
  await place("v1", 60);
  expect(await place("v2", 60, {}, other)).toBe("NO_HOST");
  expect(await other.release("v1")).toBe(true);
  expect(await other.release("v1")).toBe(false);
  expect(reserved("a", other)).toBe(0);
  // The first scheduler has not heard of it, and looks before it refuses.
  expect(reserved("a", placer)).toBe(60);
  expect(await place("v3", 60)).toBe("a");
});

test("a sweep learns what others removed", async () => {
  const { place, placer, second, reserved } = await knowing({ a: 100 });
  const other = await second();
  await place("v1", 60);
  await other.release("v1");
  await placer.sweep();
  expect(reserved("a")).toBe(0);
});

test("a reservation that nobody confirms ends, after as long as the request or the scheduler says", async () => {
  const { place, placer, clock, reserved, ledger } = await knowing({ a: 100 }, { holdFor: "10s" });
  await place("v1", 20);
  await place("v2", 30, { holdMs: 60_000 });
  await clock.advance(10_000);
  await placer.sweep();
  expect(reserved("a")).toBe(50);
  await clock.advance(1);
  await placer.sweep();
  expect(reserved("a")).toBe(30);
  await clock.advance(50_000);
  await placer.sweep();
  expect(reserved("a")).toBe(0);
  expect((await ledger.changedSince(0)).reservations).toEqual([]);
});

test("placing again renews, and a sweep by another scheduler leaves what was renewed", async () => {
  const { place, placer, second, clock, ledger } = await knowing({ a: 100 }, { holdFor: "10s" });
  const other = await second();
  await place("v1", 20);
  await other.sweep();
  await clock.advance(9_000);
  await place("v1", 20);
  await clock.advance(2_000);
  await Promise.all([other.sweep(), placer.sweep()]);
  expect((await ledger.changedSince(0)).reservations).toHaveLength(1);
});

test("what is renewed between a sweep's look and its turn stays", async () => {
  const { place, second, clock, ledger } = await knowing({ a: 100 }, { holdFor: "10s" });
  const sweeper = await second();
  await place("v1", 20);
  await sweeper.sweep();
  await clock.advance(11_000);
  const looked = await ledger.changedSince(0);
  vi.spyOn(ledger, "changedSince").mockImplementationOnce(async () => {
    await place("v1", 20);
    return looked;
  });
  await sweeper.sweep();
  expect((await ledger.changedSince(0)).reservations).toMatchObject([{ request: "v1" }]);
});

test("what a sweep reads beside a turn is not believed: with its server's power it may go, and its revision is used again", async () => {
  const { place, second, reserved, ledger } = await knowing({ a: 100 });
  await place("v1", 60);
  const sweeper = await second();
  await sweeper.sweep();
  const page = await ledger.changedSince(0);
  const lost = page.reservations.map((one) => ({ ...one, request: "lost", needs: { sizeGiB: 1 }, revision: 3 }));
  const read = { whole: false, revision: 3, reservations: lost, removals: [] };
  vi.spyOn(ledger, "changedSince").mockResolvedValueOnce(read);
  await sweeper.sweep();
  expect(reserved("a", sweeper)).toBe(60);
  await place("v2", 40);
  expect(await place("v3", 39, {}, sweeper)).toBe("NO_HOST");
});

test("a confirmed reservation stands until the host's measurements show it", async () => {
  const { place, placer, reserved } = await knowing({ a: 100 });
  await place("v1", 20);
  expect(await placer.confirm("v1", { epoch: 1, count: 3 })).toBe(true);
  expect(await placer.confirm("v9", { epoch: 1, count: 3 })).toBe(false);
  placer.receive(report({ address: "a", count: 2, capabilities: storage(100, 20) }));
  expect(reserved("a")).toBe(20);
  placer.receive(report({ address: "a", count: 3, capabilities: storage(100, 20) }));
  expect(reserved("a")).toBe(0);
  expect(await place("v2", 80)).toBe("a");
  expect(await place("v1", 20)).toBe("a");
});

test("confirming again never brings the end forward", async () => {
  const { place, placer, ledger } = await knowing({ a: 100 });
  await place("v1", 20);
  await placer.confirm("v1", { epoch: 2, count: 9 });
  await placer.confirm("v1", { epoch: 2, count: 3 });
  expect((await ledger.changedSince(0)).reservations).toMatchObject([{ visibleFrom: { epoch: 2, count: 9 } }]);
});

test("the row of a confirmed reservation outlives every view of the host that does not show it", async () => {
  const { place, placer, second, clock } = await knowing(
    { a: 100 },
    { maxAge: "10s", holdFor: "1s", reportTimeout: 0 },
  );
  const slow = await second();
  await place("v1", 80);
  await placer.confirm("v1", { epoch: 1, count: 3 });
  // The first scheduler hears of it. The slow one gets one more measurement, begun before v1 was there, and then nothing.
  placer.receive(report({ address: "a", count: 3, capabilities: storage(100, 80), measuredAt: clock.now() }));
  await clock.advance(9_000);
  slow.receive(report({ address: "a", count: 2, capabilities: storage(100), measuredAt: clock.now() }));
  await clock.advance(9_000);
  await placer.sweep();
  await slow.sweep();
  expect(await place("v2", 80, {}, slow)).toBe("NO_HOST");
  await clock.advance(13_000);
  await placer.sweep();
  await slow.sweep();
  expect(await place("v3", 80, {}, slow)).toBe("NO_NEWS");
  expect(slow.explain("v3")?.rejections).toMatchObject([{ filter: "measured" }]);
});

test("reservations outlive the scheduler that made them", async () => {
  const { place, second, reserved } = await knowing({ a: 100 });
  await place("v1", 60);
  const successor = await second();
  expect(await place("v2", 60, {}, successor)).toBe("NO_HOST");
  expect(reserved("a", successor)).toBe(60);
});

test("a reservation ends at its time however often the schedulers restart", async () => {
  const { place, second, clock, ledger } = await knowing({ a: 100 }, { holdFor: "20s" });
  await place("v1", 60);
  await clock.advance(13_000);
  await (await second()).sweep();
  expect((await ledger.changedSince(0)).reservations).toHaveLength(1);
  await clock.advance(7_001);
  const third = await second();
  await third.sweep();
  expect((await ledger.changedSince(0)).reservations).toEqual([]);
  expect(await place("v2", 60, {}, third)).toBe("a");
});

test("one that is confirmed ends at its time as well", async () => {
  const { place, placer, second, clock, ledger } = await knowing({ a: 100 }, { maxAge: "10s", holdFor: "1s" });
  await place("v1", 60);
  await placer.confirm("v1", { epoch: 1, count: 9 });
  await clock.advance(30_000);
  await (await second()).sweep();
  expect((await ledger.changedSince(0)).reservations).toHaveLength(1);
  await clock.advance(1);
  await (await second()).sweep();
  expect((await ledger.changedSince(0)).reservations).toEqual([]);
});

test("a clock that is set back puts no end off for longer than a scheduler lives", async () => {
  const { place, placer, clock, ledger } = await knowing({ a: 100 }, { holdFor: "20s" });
  await place("v1", 60);
  clock.offset = -3_600_000;
  await clock.advance(20_000);
  await placer.sweep();
  expect((await ledger.changedSince(0)).reservations).toHaveLength(1);
  await clock.advance(1);
  await placer.sweep();
  expect((await ledger.changedSince(0)).reservations).toEqual([]);
});

test("a clock that is set forward ends what is held early, and no more", async () => {
  const { place, placer, clock, ledger } = await knowing({ a: 100 }, { holdFor: "20s" });
  await place("v1", 60);
  clock.offset = 3_600_000;
  await placer.sweep();
  expect((await ledger.changedSince(0)).reservations).toEqual([]);
  expect(await place("v2", 60)).toBe("a");
  await placer.sweep();
  expect((await ledger.changedSince(0)).reservations).toHaveLength(1);
});
