import type { CapabilityReport } from "@reeve/runtime/capability";
import { expect, test } from "vitest";
import { asking, knowing, never } from "./placer-bench.fixture.ts";
import { report, storage } from "./report.fixture.ts";
import type { SchedulerOptions } from "./scheduler-options.ts";

const bound = { timeout: 10_000, interval: 1 };

/** A scheduler that knows hosts of these sizes, and placements that the test watches. */
async function scene(sizes: Record<string, number>, options: SchedulerOptions = {}) {
  const known = await knowing(sizes, { downAfter: "30s", maxAge: "3m", ...options });
  const { placer, clock } = known;
  const ended = new Map<string, unknown>();
  const ask = (request: string, size = 10, deadlineAt?: number) =>
    placer.place(asking(request, size), never, deadlineAt).then(
      (placed) => ended.set(request, placed),
      (error: unknown) => ended.set(request, error),
    );
  const say = (address: string, status: CapabilityReport["status"], more: Parameters<typeof report>[0] = {}) => {
    const now = clock.now();
    const capabilities = storage(sizes[address] ?? 100);
    placer.receive(report({ address, status, heardAt: now, measuredAt: now, capabilities, count: 2, ...more }));
  };
  const waiting = () => (placer.inspect() as { waiting: number }).waiting;
  /** Until each placement has ended or waits. */
  const settled = (count: number) => expect.poll(() => waiting() + ended.size, bound).toBe(count);
  return { ...known, ask, say, ended, waiting, settled };
}

const placedAt = (address: string) => ({ kind: "placed", address });

test("when the only host has fallen silent, its report is asked for, and who waits goes when it comes", async () => {
  const { ask, say, ended, asked, settled, clock } = await scene({ a: 100 });
  await clock.advance(31_000);
  void ask("v1");
  void ask("v2");
  await settled(2);
  expect([asked, ended.size]).toEqual([[31_000], 0]);
  await clock.advance(3_000);
  say("a", "ready");
  await expect.poll(() => [...ended.values()], bound).toEqual([placedAt("a"), placedAt("a")]);
  expect(clock.pending).toBe(0);
});

test.each<[string, (tools: Awaited<ReturnType<typeof scene>>) => unknown]>([
  ["silent", ({ clock }) => clock.advance(31_000)],
  [
    "silent",
    async ({ say, clock }) => {
      say("a", "degraded");
      await clock.advance(31_000);
    },
  ],
  ["starting", ({ say }) => say("a", "starting")],
  [
    "stale",
    async ({ clock, say }) => {
      await clock.advance(181_000);
      say("a", "ready", { measuredAt: 0 });
    },
  ],
])("when no news comes of a host that is %s, the answer says so after deadlines, and not before", async (why, make) => {
  const tools = await scene({ a: 100, b: 5 });
  await make(tools);
  tools.say("b", "ready");
  void tools.ask("v1");
  await tools.settled(1);
  await tools.clock.advance(14_999);
  await tools.settled(1);
  expect(tools.ended.size).toBe(0);
  await tools.clock.advance(1);
  const answer = { kind: "no news", considered: 2, hosts: [{ address: "a", why }] };
  await expect.poll(() => tools.ended.get("v1"), bound).toEqual(answer);
});

test("what does not fit by what was last known of a silent host either is refused at once", async () => {
  const { ask, ended, clock, say } = await scene({ a: 100, b: 100 });
  await clock.advance(31_000);
  say("b", "ready");
  await ask("v1", 101);
  expect(ended.get("v1")).toMatchObject({ kind: "no host" });
  expect(clock.pending).toBe(0);
});

test("fresh news that a host does not fit is the end of the wait: no host", async () => {
  const { ask, ended, clock, say, settled } = await scene({ a: 100 });
  await clock.advance(31_000);
  void ask("v1", 50);
  await settled(1);
  say("a", "ready", { capabilities: storage(100, 60) });
  await expect.poll(() => ended.get("v1"), bound).toMatchObject({ kind: "no host" });
});

test("a host that is silent keeps nobody from one that is not", async () => {
  const { ask, ended, clock, say } = await scene({ a: 1_000, b: 20 });
  await clock.advance(31_000);
  say("b", "ready");
  await ask("v1");
  expect(ended.get("v1")).toEqual(placedAt("b"));
});

test("when a manager's hosts have all gone, a placement waits for the next one, and says so when none comes", async () => {
  const { ask, say, ended, clock, settled, asked } = await scene({ a: 100 });
  say("a", "stopped");
  void ask("v1");
  await settled(1);
  expect(asked).toEqual([0]);
  await clock.advance(5_000);
  say("a", "ready", { epoch: 2 });
  await clock.advance(0);
  await expect.poll(() => ended.get("v1"), bound).toEqual(placedAt("a"));
  say("a", "stopped", { epoch: 2 });
  void ask("v2");
  await settled(2);
  await clock.advance(15_000);
  await expect.poll(() => ended.get("v2"), bound).toEqual({ kind: "no news", considered: 0, hosts: [] });
});

test("a host that goes while it is waited for is waited for all the same", async () => {
  const { ask, say, ended, clock, settled } = await scene({ a: 100 });
  say("a", "starting");
  void ask("v1");
  await settled(1);
  say("a", "stopped");
  await clock.advance(1_000);
  await settled(1);
  say("a", "ready", { epoch: 2 });
  await clock.advance(0);
  await expect.poll(() => ended.get("v1"), bound).toEqual(placedAt("a"));
});

test("who has little time is answered before it is over", async () => {
  const { ask, say, ended, clock, settled } = await scene({ a: 100 });
  say("a", "starting");
  void ask("v1", 10, 4_000);
  say("b", "resetting");
  void ask("v2", 10, 8_000);
  await settled(2);
  await clock.advance(3_600);
  await expect.poll(() => ended.get("v1"), bound).toMatchObject({ kind: "no news" });
  await clock.advance(3_600);
  await expect.poll(() => ended.get("v2"), bound).toMatchObject({ kind: "no news" });
});

test("placements that all lack news ask once in a while, not each", async () => {
  const { ask, clock, asked, settled } = await scene({ a: 100 });
  await clock.advance(31_000);
  for (let index = 0; index < 50; index++) void ask(`v${index}`, 1);
  await settled(50);
  await clock.advance(14_000);
  expect(asked.length).toBeLessThanOrEqual(4);
});

test("without deadlines the answer comes at once", async () => {
  const { ask, ended, clock } = await scene({ a: 100 }, { reportTimeout: 0 });
  await clock.advance(31_000);
  await ask("v1");
  expect(ended.get("v1")).toMatchObject({ kind: "no news", hosts: [{ address: "a", why: "silent" }] });
});

test("a silent host is listed as lost", async () => {
  const { placer, clock, say } = await scene({ a: 100, b: 100 });
  await clock.advance(31_000);
  say("b", "ready");
  const listed = placer.hosts({ filter: undefined, limit: 10, cursor: undefined }).items;
  expect(listed).toMatchObject([
    { address: "a", status: "lost", heardMsAgo: 31_000, excludedBy: ["up"] },
    { address: "b", status: "ready", excludedBy: [] },
  ]);
});
