import type { CapabilityReport } from "@reeve/runtime/capability";
import { expect, test } from "vitest";
import { asking, knowing, never } from "./placer-bench.fixture.ts";
import { report, storage } from "./report.fixture.ts";
import type { SchedulerOptions } from "./scheduler-options.ts";

type Given = Parameters<typeof report>[0];

const bound = { timeout: 10_000 };

/** A scheduler that knows hosts of these sizes, and placements that the test watches. */
async function scene(sizes: Record<string, number>, options: SchedulerOptions = {}) {
  const known = await knowing(sizes, options);
  const { placer, clock, place } = known;
  const ended = new Map<string, string>();
  const ask = (request: string, size = 10, more = {}) =>
    place(request, size, more).then(
      (outcome) => ended.set(request, outcome),
      (error: Error) => ended.set(request, error.message),
    );
  const say = (address: string, status: CapabilityReport["status"], more: Given = {}) => {
    const capabilities = storage(sizes[address] ?? 100);
    placer.receive(report({ address, status, heardAt: clock.now(), capabilities, ...more }));
  };
  const waiting = () => (placer.inspect() as { waiting: number }).waiting;
  /** Until each placement has ended or waits. */
  const settled = (count: number) => expect.poll(() => waiting() + ended.size, { ...bound, interval: 1 }).toBe(count);
  return { ...known, ask, say, ended, waiting, settled };
}

test("when nothing but its reset keeps the only host from being chosen, placements wait and go at once when it is back", async () => {
  const { ask, say, ended, waiting, settled, clock } = await scene({ a: 100 });
  say("a", "resetting");
  void ask("v1");
  void ask("v2");
  await settled(2);
  await clock.advance(30_000);
  expect([waiting(), ended.size]).toEqual([2, 0]);
  say("a", "ready");
  await settled(2);
  expect(waiting()).toBe(0);
  expect([...ended]).toEqual([
    ["v1", "a"],
    ["v2", "a"],
  ]);
  expect(clock.pending).toBe(0);
});

test("a host that is ready is chosen at once, however much better one that resets would be", async () => {
  const { ask, say, ended } = await scene({ a: 1_000, b: 20 });
  say("a", "resetting");
  await ask("v1");
  expect(ended.get("v1")).toBe("b");
});

test("room that comes free on a host that is ready is found soon, and taken", async () => {
  const { ask, say, ended, settled, clock, placer } = await scene({ a: 100, b: 20 });
  await ask("v0", 20, { exclude: ["a"] });
  say("a", "resetting");
  void ask("v1", 20);
  await settled(2);
  await placer.release("v0");
  await clock.advance(5_000);
  await expect.poll(() => ended.get("v1"), bound).toBe("b");
});

test("a host that becomes ready while another's reset is awaited is taken", async () => {
  const { ask, say, ended, settled } = await scene({ a: 100 });
  say("a", "resetting");
  void ask("v1");
  await settled(1);
  say("b", "ready");
  await expect.poll(() => ended.get("v1"), bound).toBe("b");
});

test.each(["degraded", "draining"] as const)(
  "a reset that ends as %s is the end of the wait: no host",
  async (status) => {
    const { ask, say, ended, settled } = await scene({ a: 100 });
    say("a", "resetting");
    void ask("v1");
    await settled(1);
    say("a", status);
    await expect.poll(() => ended.get("v1"), bound).toBe("NO_HOST");
  },
);

test.each(["degraded", "draining"] as const)("nobody waits for a host that is %s", async (status) => {
  const { ask, say, ended, clock } = await scene({ a: 100 });
  say("a", status);
  await ask("v1");
  expect([ended.get("v1"), clock.pending]).toEqual(["NO_HOST", 0]);
});

test("nobody waits for a host that would not fit after its reset either", async () => {
  const { ask, say, ended } = await scene({ a: 100 });
  say("a", "resetting");
  await Promise.all([
    ask("large", 101),
    ask("tried", 1, { exclude: ["a"] }),
    ask("labelled", 1, { labels: { x: "y" } }),
  ]);
  expect([...ended.values()]).toEqual(["NO_HOST", "NO_HOST", "NO_HOST"]);
});

test("a host that comes back changed, so that it does not fit any more, ends the wait", async () => {
  const { ask, say, ended, settled } = await scene({ a: 100 });
  say("a", "resetting");
  void ask("v1", 50);
  await settled(1);
  say("a", "ready", { count: 2, capabilities: storage(100, 60) });
  await expect.poll(() => ended.get("v1"), bound).toBe("NO_HOST");
});

test("who waits gets what is there when the host is back, in order, and the others are answered", async () => {
  const { ask, say, ended, settled } = await scene({ a: 100 });
  say("a", "resetting");
  for (const request of ["v1", "v2", "v3"]) {
    void ask(request, 40);
    await settled(Number(request.slice(1)));
  }
  say("a", "ready");
  await expect.poll(() => ended.size, bound).toBe(3);
  expect(Object.fromEntries(ended)).toEqual({ v1: "a", v2: "a", v3: "NO_HOST" });
});

test("a host whose supervisor falls silent during its reset is waited for until it is down", async () => {
  const { ask, say, ended, settled, clock } = await scene({ a: 100 }, { downAfter: "5s", reportTimeout: "8s" });
  say("a", "resetting");
  void ask("v1");
  await settled(1);
  await clock.advance(5_000);
  expect(ended.size).toBe(0);
  await clock.advance(5_000);
  await expect.poll(() => ended.get("v1"), bound).toBe("NO_NEWS");
});

test("when deadlines ends, the answer names what nobody came back from", async () => {
  const { say, placer, clock, settled, waiting } = await scene({ a: 100, b: 5 }, { resetTimeout: "7500ms" });
  say("a", "resetting");
  const placing = placer.place(asking("v1", 10), never);
  await expect.poll(waiting, bound).toBe(1);
  expect(placer.explain("v1")).toMatchObject({ address: null, rejections: [{ filter: "ready" }, {}] });
  await clock.advance(7_499);
  await settled(1);
  await clock.advance(1);
  expect(await placing).toMatchObject({
    kind: "no host",
    choice: {
      considered: 2,
      rejections: [
        { filter: "ready", hosts: 1, examples: ["a"] },
        { filter: "capacity", hosts: 1, examples: ["b"] },
      ],
    },
  });
  expect(clock.pending).toBe(0);
});

test("without deadlines nobody waits", async () => {
  const { ask, say, ended } = await scene({ a: 100 }, { resetTimeout: 0 });
  say("a", "resetting");
  await ask("v1");
  expect(ended.get("v1")).toBe("NO_HOST");
});

test("a caller that goes ends its wait and holds nothing", async () => {
  const { say, placer, waiting, ledger, clock } = await scene({ a: 100 });
  say("a", "resetting");
  const controller = new AbortController();
  const placing = placer.place(asking("v1", 10), controller.signal);
  await expect.poll(waiting, bound).toBe(1);
  controller.abort(new Error("deadline"));
  await expect(placing).rejects.toThrow("deadline");
  say("a", "ready");
  await clock.advance(1_000);
  expect([waiting(), clock.pending, (await ledger.changedSince(0)).reservations]).toEqual([0, 0, []]);
});

test("first reports and resets are waited for in the same room: past its bound, the next is refused", async () => {
  const { ask, say, placer, settled } = await scene({ a: 100 }, { maxWaiting: 2 });
  say("a", "resetting");
  void ask("v1");
  void ask("n1", 1, { manager: "network" });
  await settled(2);
  await expect(placer.place(asking("v2", 10), never)).rejects.toMatchObject({ reason: "MAILBOX_FULL" });
});

test("a host that is back before the decision against it is written is not missed", async () => {
  const { ask, say, ended, ledger, settled } = await scene({ a: 100 });
  say("a", "resetting");
  const exclusively = ledger.exclusively.bind(ledger);
  let backAfter = 1;
  ledger.exclusively = async (body) => {
    const result = await exclusively(body);
    if (backAfter-- === 1) say("a", "ready");
    return result;
  };
  void ask("v1");
  await settled(1);
  expect(ended.get("v1")).toBe("a");
});
