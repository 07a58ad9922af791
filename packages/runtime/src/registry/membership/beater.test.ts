import { expect, onTestFinished, test } from "vitest";
import { ManualClock } from "../../base/manual-clock.ts";
import { inProcess } from "../../transport/in-process/index.ts";
import type { Beat } from "./beat.ts";
import { decodeBeat } from "./beat-codec.ts";
import { Beater, lagCheckMs } from "./beater.ts";
import { altered } from "./fleet.fixture.ts";
import { LagWatch } from "./lag-watch.ts";
import { member } from "./member.fixture.ts";

async function beating({ maxPayloadBytes = 1_048_576, watched = false } = {}) {
  const clock = new ManualClock();
  const hub = inProcess();
  const [theirs, ours] = [hub.client({ caller: "a" }), hub.client({ caller: "b" })];
  await Promise.all([theirs.connect(), ours.connect()]);
  const beats: Beat[] = [];
  ours.subscribe("reeve.sys.members.beat.a", ({ data }) => void beats.push(decodeBeat(data, () => 0)!));
  const loop = { ticks: 0, held: false };
  const link = { up: true, listener: (_: boolean) => {} };
  const troubles: unknown[] = [];
  let sequence = 0;
  let refuses = false;
  const beater = new Beater({
    clock,
    random: () => 0.5,
    link: altered(theirs, {
      maxPayloadBytes,
      get connected() {
        return link.up;
      },
      onLink: (listener) => {
        link.listener = listener;
        return () => {};
      },
      publish: (subject, data, options) => {
        if (refuses) throw new Error("no");
        theirs.publish(subject, data, options);
      },
    }),
    sender: "s1",
    host: "h1",
    namespace: "reeve",
    everyMs: 2_000,
    nextSequence: () => {
      sequence += 1;
      return sequence;
    },
    lag: watched ? new LagWatch({ clock, ticks: () => loop.ticks, checkMs: lagCheckMs }) : undefined,
    onTrouble: (error) => troubles.push(error),
  });
  onTestFinished(() => beater.stop());
  /** Half a second at a time, so that the loop counts unless it is held. */
  const pass = async (ms: number) => {
    for (let left = ms; left > 0; left -= 500) {
      if (!loop.held) loop.ticks += 1;
      await clock.advance(Math.min(left, 500));
    }
  };
  return {
    clock,
    beater,
    beats,
    loop,
    link,
    pass,
    troubles,
    refuse: (to: boolean) => {
      refuses = to;
    },
  };
}

test("nothing is said before there is something to say", async () => {
  const { beats, pass } = await beating();
  await pass(60_000);
  expect(beats).toEqual([]);
});

test("it beats at least every interval, and at once on a change that matters; at first it tells of all managers", async () => {
  const { beater, beats, clock } = await beating();
  beater.put([member("a"), member("b")]);
  await clock.advance(0);
  expect(beats).toMatchObject([{ sequence: 1, members: [{ address: "a" }, { address: "b" }] }]);
  beater.put([member("a", { inFlight: 5 })]);
  await clock.advance(1_000);
  expect(beats).toHaveLength(1);
  beater.put([member("a", { state: "degraded", reasons: ["DRIVER_LOST"] })]);
  await clock.advance(0);
  expect(beats[1]!.members).toContainEqual(member("a", { state: "degraded", reasons: ["DRIVER_LOST"] }));
  // Of another link than this.
  beater.put([member("a", { state: "degraded", reasons: ["DRIVER_LOST"], links: 1 })]);
  await clock.advance(0);
  expect(beats[2]).toMatchObject({ partial: true, members: [{ address: "a", links: 1 }] });
  await clock.advance(20_000);
  expect(beats.length).toBeGreaterThanOrEqual(13);
});

test("a change is told twice and alone, everybody now and then, and the rest of the time only that it lives", async () => {
  const { beater, beats, clock } = await beating();
  const many = Array.from({ length: 50 }, (_, index) => member(`a${index}`));
  beater.put(many);
  await clock.advance(1_000);
  beater.put([member("a7", { canServe: false }), member("a8", { state: "stopped" })]);
  await clock.advance(0);
  const changed = [
    ["a7", false, "serving"],
    ["a8", true, "stopped"],
  ];
  const shown = ({ members }: Beat) => members.map(({ address, canServe, state }) => [address, canServe, state]);
  // With the first message of all the managers told as well.
  expect(shown(beats[1]!)).toEqual(expect.arrayContaining(changed));
  await clock.advance(2_000);
  expect(beats[2]).toMatchObject({ partial: true, members: [{}, {}] });
  expect(shown(beats[2]!)).toEqual(expect.arrayContaining(changed));
  await clock.advance(300_000);
  const sizes = beats.slice(3).map(({ members }) => members.length);
  expect(sizes.every((size) => size === 0 || size === 49)).toBe(true);
  const wholes = beats.slice(3).filter(({ partial }) => !partial);
  // Every 15th, give or take how far the beats are apart.
  expect(wholes.length).toBeGreaterThanOrEqual(Math.floor(sizes.length / 16));
  expect(wholes.length).toBeLessThan(sizes.length / 14);
  expect(wholes.every(({ members }) => members.length === 49)).toBe(true);
});

test("a storm of changes makes no storm of beats", async () => {
  const { beater, beats, clock } = await beating();
  for (let i = 0; i < 1_000; i++) {
    beater.put([member("a", { epoch: i })]);
    await clock.advance(1);
  }
  expect(beats.length).toBeLessThan(25);
  expect(beats.at(-1)?.members[0]?.epoch).toBeGreaterThan(900);
});

test("a beat that no message can hold comes in parts", async () => {
  const { beater, beats, clock } = await beating({ maxPayloadBytes: 1_024 });
  beater.put(Array.from({ length: 20 }, (_, i) => member(`a${i}`)));
  await clock.advance(0);
  expect(beats.length).toBeGreaterThan(3);
  expect(beats.map(({ part }) => part)).toEqual(beats.map((_, i) => ({ part: i + 1, parts: beats.length })));
  expect(beats.flatMap(({ members }) => members)).toHaveLength(20);
});

test("while the link is down nothing is sent, and at once when it is back", async () => {
  const { beater, beats, link, clock, troubles } = await beating();
  link.up = false;
  beater.put([member("a"), member("b", { state: "stopped" })]);
  await clock.advance(10_000);
  expect(beats).toEqual([]);
  link.up = true;
  link.listener(true);
  await clock.advance(0);
  expect(beats).toMatchObject([{ members: [{ address: "a" }, { address: "b", state: "stopped" }] }]);
  expect(troubles).toEqual([]);
});

test("a link that refuses is told of once, and tried again", async () => {
  const { beater, beats, clock, troubles, refuse } = await beating();
  refuse(true);
  beater.put([member("a")]);
  await clock.advance(10_000);
  expect(troubles).toHaveLength(1);
  refuse(false);
  await clock.advance(2_000);
  expect(beats).toHaveLength(1);
});

test("over 5 s of lag says degraded, over 30 s nothing, and a loop that turns again says so at once", async () => {
  const { beater, beats, loop, pass } = await beating({ watched: true });
  beater.put([member("a"), member("b", { state: "draining", canServe: false })]);
  await pass(2_000);
  loop.held = true;
  await pass(5_000);
  expect(beats.every(({ members }) => members.every(({ reasons }) => reasons.length === 0))).toBe(true);
  await pass(1_500);
  expect(beats.findLast(({ partial }) => !partial)).toMatchObject({
    members: [
      { state: "degraded", reasons: ["LOOP_LAGGING"], canServe: false },
      { state: "draining", reasons: [] },
    ],
  });
  expect(beats.at(-1)!.lagMs).toBeGreaterThan(5_000);
  await pass(23_000);
  const before = beats.length;
  await pass(2_000);
  const atThirty = beats.length;
  await pass(60_000);
  expect(beats.length).toBe(atThirty);
  expect(beats.at(-1)!.lagMs).toBeLessThanOrEqual(30_000);
  expect(before).toBeGreaterThan(10);
  loop.held = false;
  await pass(1_000);
  expect(beats.at(-1)).toMatchObject({ lagMs: 0, members: [{ state: "serving", canServe: true }, {}] });
});

test("the end is said even by a process that had fallen silent", async () => {
  const { beater, beats, loop, pass } = await beating({ watched: true });
  beater.put([member("a")]);
  loop.held = true;
  await pass(40_000);
  await beater.stop();
  expect(beats.at(-1)).toMatchObject({ last: true, members: [{ state: "stopped", canServe: false }] });
});

test("stopped, it keeps no timer and takes nothing more", async () => {
  const { beater, beats, clock } = await beating({ watched: true });
  beater.put([member("a")]);
  await clock.advance(0);
  await beater.stop();
  beater.put([member("b")]);
  expect(clock.pending).toBe(0);
  await clock.advance(10_000);
  expect(beats).toHaveLength(2);
});
