import { expect, onTestFinished, test } from "vitest";
import { ManualClock } from "../../base/manual-clock.ts";
import { decodeGossip, type GossipHead } from "../../gossip/message.ts";
import { memoryCounters, recordingLogger } from "../../telemetry/index.ts";
import { inProcess } from "../../transport/in-process/index.ts";
import type { Announcement } from "./announcement.ts";
import { Announcer } from "./announcer.ts";
import { readEntry } from "./entry-codec.ts";
import { altered, draining, serving } from "./fleet.fixture.ts";
import { type MemberEntry, membersType } from "./member-entry.ts";

interface Told extends GossipHead {
  readonly entries: readonly MemberEntry[];
}

async function announcing({ maxPayloadBytes = 1_048_576 } = {}) {
  const clock = new ManualClock();
  const hub = inProcess();
  const [theirs, ours] = [hub.client({ caller: "a" }), hub.client({ caller: "b" })];
  await Promise.all([theirs.connect(), ours.connect()]);
  const told: Told[] = [];
  let heartbeats = 0;
  ours.subscribe("reeve.sys.members.a", ({ data }) => {
    const { entries, fields, ...head } = decodeGossip(membersType, data)!;
    expect(fields.everyMs).toBe(2_000);
    told.push({ ...head, entries: entries.map((entry, index) => readEntry(entry, index, 0)) });
  });
  ours.subscribe("reeve.sys.alive.a", () => void heartbeats++);
  const link = { up: true, listeners: new Set<(up: boolean) => void>() };
  const log = recordingLogger();
  const load = { inFlight: 0, queued: 0 };
  const announcer = new Announcer({
    ...{ clock, random: () => 0.5, sender: "s1", host: "h1", log, counters: memoryCounters() },
    link: altered(theirs, {
      maxPayloadBytes,
      onLink: (listener) => {
        link.listeners.add(listener);
        return () => link.listeners.delete(listener);
      },
      publish: (subject, data, options) => {
        if (!link.up) throw new Error("no");
        theirs.publish(subject, data, options);
      },
    }),
  });
  onTestFinished(() => announcer.close());
  const announce = (address: string, epoch = 1): Announcement =>
    announcer.announce({ manager: "volume", version: "1.0", address, epoch, load: () => load });
  /** Asks under whatever token, and counts the answers to each. */
  const asks = () => {
    const answers = new Map<string, number>();
    ours.subscribe("reeve.sys.found.members.*.a", ({ subject }) => {
      const [asker = ""] = subject.split(".").slice(-2);
      answers.set(asker, (answers.get(asker) ?? 0) + 1);
    });
    const ask = (scope: string, asker: string) =>
      ours.publish(`reeve.sys.wanted.members.${scope}.${asker}`, new Uint8Array(0));
    return { ask, of: (asker: string) => answers.get(asker) ?? 0 };
  };
  return { clock, announcer, announce, told, link, log, load, asks, heartbeats: () => heartbeats };
}

const shown = ({ entries }: Told) => entries.map(({ address, state }) => `${address} ${state}`);

test("nothing is said before there is something to say", async () => {
  const { told, clock, heartbeats } = await announcing();
  await clock.advance(120_000);
  expect([told, heartbeats()]).toEqual([[], 0]);
});

test("what changes is told at once and alone; load with the next turn; that it lives, all the time", async () => {
  const { announce, told, clock, load, heartbeats } = await announcing();
  const [first] = [announce("a"), announce("b")];
  await clock.advance(0);
  expect(told).toMatchObject([{ sequence: 1, whole: true, entries: [{ address: "a" }, { address: "b" }] }]);
  first.setStatus(serving);
  await clock.advance(0);
  expect(told[1]).toMatchObject({ sequence: 2, whole: false, entries: [{ address: "a", state: "serving" }] });
  load.inFlight = 5;
  await clock.advance(1_000);
  expect(told).toHaveLength(2);
  await clock.advance(2_000);
  expect(told[2]).toMatchObject({ entries: [{ inFlight: 5 }, { inFlight: 5 }] });
  const before = heartbeats();
  await clock.advance(20_000);
  expect(heartbeats() - before).toBeGreaterThanOrEqual(10);
});

test("while nothing changes, every fifth interval says so, and every fifteenth names everybody", async () => {
  const { announce, told, clock } = await announcing();
  for (let at = 0; at < 50; at++) announce(`a${at}`);
  await clock.advance(1_000);
  told.length = 0;
  await clock.advance(300_000);
  const sizes = told.map(({ entries }) => entries.length);
  expect(sizes.every((size) => size === 0 || size === 50)).toBe(true);
  // Give or take how far they are apart.
  expect(sizes.length).toBeGreaterThanOrEqual(29);
  expect(sizes.length).toBeLessThanOrEqual(34);
  const wholes = told.filter(({ whole }) => whole);
  expect(wholes.map(({ entries }) => entries.length)).toEqual(Array(wholes.length).fill(50));
  expect(wholes.length).toBeGreaterThanOrEqual(9);
  expect(wholes.length).toBeLessThanOrEqual(11);
  expect(told.map(({ sequence }) => sequence)).toEqual(told.map((_, index) => index + 2));
});

test("a storm of changes makes no storm of messages", async () => {
  const { announce, told, clock } = await announcing();
  const announcement = announce("a");
  for (let i = 0; i < 1_000; i++) {
    announcement.setStatus(i % 2 === 0 ? serving : draining);
    await clock.advance(1);
  }
  expect(told.length).toBeLessThan(25);
  await clock.advance(100);
  expect(told.at(-1)?.entries[0]?.state).toBe("draining");
});

test("what no message can hold comes in parts of one number", async () => {
  const { announce, told, clock } = await announcing({ maxPayloadBytes: 1_024 });
  for (let at = 0; at < 20; at++) announce(`a${at}`);
  await clock.advance(0);
  expect(told.length).toBeGreaterThan(3);
  expect(told.map(({ part }) => part)).toEqual(told.map((_, i) => ({ part: i + 1, parts: told.length })));
  expect(told.every(({ sequence, whole }) => sequence === 1 && whole)).toBe(true);
  expect(told.flatMap(({ entries }) => entries)).toHaveLength(20);
});

test("what could not be told is told once there is a link, with everything; a link that is up and refuses is told of once", async () => {
  const { announce, told, clock, link, log } = await announcing();
  link.up = false;
  const [, second] = [announce("a"), announce("b")];
  await clock.advance(10_000);
  second.end();
  await clock.advance(10_000);
  expect(told).toEqual([]);
  const messages = log.lines.map(({ message }) => message);
  expect(messages.filter((message) => message?.includes("members cannot be told"))).toHaveLength(1);
  expect(messages.filter((message) => message?.includes("heartbeats cannot be sent"))).toHaveLength(1);
  link.up = true;
  for (const listener of link.listeners) listener(true);
  await clock.advance(0);
  expect(told[0]).toMatchObject({ sequence: 1, whole: true });
  expect(shown(told[0]!)).toEqual(["a booting", "b stopped"]);
});

test("its last word is the last, and then it keeps no timer and takes nothing more", async () => {
  const { announcer, announce, told, clock } = await announcing();
  announce("a");
  await clock.advance(0);
  await announcer.close();
  announce("b");
  await clock.advance(10_000);
  expect(told.at(-1)).toMatchObject({ last: true, sequence: 2 });
  expect(told).toHaveLength(2);
  expect(clock.pending).toBe(0);
});

test("a storm of questions costs ten answers a second, each made once for all who asked, and none is left without", async () => {
  const { announce, clock, asks } = await announcing();
  for (let at = 0; at < 50; at++) announce(`a${at}`);
  await clock.advance(1_000);
  for (const scope of ["volume.v1", "_host.h1"]) {
    const answered = asks();
    for (let ms = 0; ms < 1_000; ms++) {
      answered.ask(scope, "z");
      answered.ask(scope, `z${ms}`);
      await clock.advance(1);
    }
    await clock.advance(100);
    expect(answered.of("z")).toBeGreaterThanOrEqual(10);
    expect(answered.of("z")).toBeLessThan(25);
    expect(Array.from({ length: 1_000 }, (_, ms) => answered.of(`z${ms}`)).every((times) => times === 1)).toBe(true);
  }
});

test("a second incarnation of the same epoch at one address is refused", async () => {
  const { announce } = await announcing();
  announce("a", 3);
  expect(() => announce("a", 3)).toThrow("epoch: 3 is not above 3");
});
