import { expect, onTestFinished, test } from "vitest";
import { ManualClock } from "../../base/manual-clock.ts";
import { inProcess } from "../../transport/in-process/index.ts";
import { type Alive, decodeAlive, encodeAlive } from "./alive.ts";
import { Heartbeat, lagCheckMs } from "./heartbeat.ts";
import { LoopLag } from "./loop-lag.ts";
import { SharedVoice } from "./voice.ts";

async function heartbeats() {
  const clock = new ManualClock();
  const hub = inProcess();
  const [theirs, ours] = [hub.client({ caller: "a" }), hub.client({ caller: "b" })];
  await Promise.all([theirs.connect(), ours.connect()]);
  const heard: Alive[] = [];
  ours.subscribe("reeve.sys.alive.a", ({ data }) => void heard.push(decodeAlive(data)!));
  const voice = new SharedVoice();
  const loop = { held: false };
  const heartbeat = new Heartbeat({
    ...{ clock, random: () => 0.5, link: theirs, sender: "s1", namespace: "reeve", everyMs: 2_000, voice },
    lag: new LoopLag({ clock, ticks: () => voice.ticks, checkMs: lagCheckMs }),
    onTrouble: () => expect.unreachable(),
  });
  onTestFinished(() => heartbeat.stop());
  /** Half a second at a time, so that the loop counts unless it is held. */
  const pass = async (ms: number) => {
    for (let left = ms; left > 0; left -= 500) {
      if (!loop.held) voice.tick();
      await clock.advance(Math.min(left, 500));
    }
  };
  return { clock, heartbeat, heard, loop, pass, voice };
}

test("a process says that it lives, in every interval, under numbers that rise", async () => {
  const { heard, pass } = await heartbeats();
  await pass(20_000);
  expect(heard.length).toBeGreaterThanOrEqual(10);
  expect(heard[0]).toEqual({ sender: "s1", sequence: 1, everyMs: 2_000, lagMs: 0 });
  expect(heard.map(({ sequence }) => sequence)).toEqual(heard.map((_, index) => index + 1));
});

test("over 5 s of lag is said at once, over 30 s nothing, and a loop that turns again at once", async () => {
  const { heard, loop, pass } = await heartbeats();
  await pass(2_000);
  loop.held = true;
  await pass(5_500);
  expect(heard.every(({ lagMs }) => lagMs <= 5_000)).toBe(true);
  await pass(500);
  expect(heard.at(-1)!.lagMs).toBeGreaterThan(5_000);
  await pass(24_000);
  const before = heard.length;
  await pass(60_000);
  expect(heard.length - before).toBeLessThanOrEqual(1);
  expect(heard.at(-1)!.lagMs).toBeLessThanOrEqual(30_000);
  loop.held = false;
  await pass(500);
  expect(heard.at(-1)!.lagMs).toBe(0);
});

test("stopped, it keeps no timer", async () => {
  const { clock, heartbeat, heard, pass } = await heartbeats();
  await pass(500);
  heartbeat.stop();
  expect(clock.pending).toBe(0);
  await pass(10_000);
  expect(heard).toHaveLength(1);
});

const sample: Alive = { sender: "s1", sequence: 1, everyMs: 2_000, lagMs: 12 };
const plain = { type: "reeve.alive.v1", ...sample };
const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

test("a heartbeat is JSON that other languages read", () => {
  expect(JSON.parse(new TextDecoder().decode(encodeAlive(sample)))).toEqual(plain);
  expect(decodeAlive(bytes({ ...plain, more: 1 }))).toEqual(sample);
  expect(decodeAlive(bytes({ ...plain, type: "reeve.alive.v2" }))).toBeUndefined();
});

test.each<[string, unknown]>([
  ["message", []],
  ["sender", { ...plain, sender: "a.b" }],
  ["sequence", { ...plain, sequence: 0 }],
  ["everyMs", { ...plain, everyMs: 60_001 }],
  ["lagMs", { ...plain, lagMs: -1 }],
])("a wrong %s is named", (field, value) => {
  expect(() => decodeAlive(bytes(value))).toThrow(`${field}: expected `);
});
