import { expect, onTestFinished, test, vi } from "vitest";
import { ManualClock } from "../../base/manual-clock.ts";
import { recordingLogger } from "../../telemetry/index.ts";
import type { Denial } from "../../transport/denials.ts";
import { inProcess } from "../../transport/in-process/index.ts";
import { type Alive, decodeAlive } from "./alive.ts";
import type { HeartbeatThreadData } from "./heartbeat-thread.ts";
import { Presence } from "./presence.ts";
import type { HeartbeatThreadPort, startHeartbeatThread } from "./start-heartbeat-thread.ts";

async function presence({ startThread }: { startThread?: typeof startHeartbeatThread } = {}) {
  const clock = new ManualClock();
  const hub = inProcess();
  const [theirs, ours] = [hub.client({ caller: "a" }), hub.client({ caller: "b" })];
  await Promise.all([theirs.connect(), ours.connect()]);
  const heard: Alive[] = [];
  ours.subscribe("reeve.sys.alive.a", ({ data }) => void heard.push(decodeAlive(data)!));
  const log = recordingLogger();
  const denied: (readonly Denial[])[] = [];
  const one = new Presence({
    ...{ clock, random: () => 0.5, sender: "s1", namespace: "reeve", everyMs: 1_000, log },
    ...(startThread ? { startThread } : {}),
    link: {
      caller: "a",
      publish: (subject, data) => theirs.publish(subject, data),
      onLink: (listener) => theirs.onLink(listener),
      forThread: () => ({ module: "file:///no-such-file.js", data: {} }),
    },
    onDenied: (denials) => denied.push(denials),
  });
  onTestFinished(() => one.stop());
  return { clock, heard, log, denied, one };
}

test("a thread that fails is told of and started again, and the event loop speaks meanwhile", {
  timeout: 20_000,
}, async () => {
  const { clock, heard, log, one } = await presence();
  one.start();
  await vi.waitFor(
    () => expect(log.lines.filter(({ message }) => message?.includes("starting another")).length).toBeGreaterThan(1),
    { timeout: 15_000 },
  );
  expect(log.lines[0]).toMatchObject({
    level: "warn",
    fields: { err: { message: expect.stringContaining("no-such-file") } },
  });
  await clock.advance(2_100);
  expect(heard.length).toBeGreaterThanOrEqual(3);
});

test("while the thread has a link the event loop says nothing; when it has none, or ends, it says so itself", async () => {
  const started: { data: HeartbeatThreadData; port: HeartbeatThreadPort }[] = [];
  let ended = 0;
  const { clock, heard, denied, one } = await presence({
    startThread: (data, port) => {
      started.push({ data, port });
      return async () => void ended++;
    },
  });
  one.start();
  one.start();
  expect(started).toHaveLength(1);
  const { port } = started[0]!;
  const said = async () => {
    heard.length = 0;
    await clock.advance(3_000);
    return heard.length > 0;
  };
  expect(await said()).toBe(true);
  port.told({ kind: "link", up: true });
  expect(await said()).toBe(false);
  port.told({ kind: "link", up: false });
  expect(await said()).toBe(true);
  port.told({ kind: "link", up: true });
  port.exited();
  expect(await said()).toBe(true);
  const denial = { right: "publish", subject: "reeve.sys.alive.a" } as const;
  port.told({ kind: "denied", denials: [denial] });
  expect(denied).toEqual([[denial]]);
  await one.stop();
  port.told({ kind: "link", up: false });
  expect(await said()).toBe(false);
  expect(clock.pending).toBe(0);
});

test("a process that was silent for longer than others wait has lapsed, whichever thread finds out", async () => {
  const { clock, one } = await presence({ startThread: () => async () => {} });
  one.start();
  await clock.advance(5_000);
  expect(one.lapsedAt).toBe(0);
  // Stopped: no timer runs meanwhile.
  const now = clock.now();
  clock.sinceBoot = () => now + 60_000;
  expect(one.lapsedAt).toBe(now + 60_000);
});
