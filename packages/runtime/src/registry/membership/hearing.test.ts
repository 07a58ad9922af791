import { expect, test } from "vitest";
import { encodeGossip, type GossipHead } from "../../gossip/message.ts";
import { encodeAlive } from "../presence/alive.ts";
import { encodeEntry } from "./entry-codec.ts";
import { Fleet } from "./fleet.fixture.ts";
import { member } from "./member.fixture.ts";
import { membersType } from "./member-entry.ts";

/** A process that says what it is told to, and one that hears it. */
async function listening() {
  const fleet = new Fleet();
  const ours = await fleet.host("ours");
  const link = fleet.hub.client({ caller: "a" });
  await link.connect();
  const asked: string[] = [];
  link.subscribe("reeve.sys.wanted.members.>", ({ data }) => void asked.push(new TextDecoder().decode(data)));
  const { clock } = fleet;
  const tell = async (sequence: number, addresses: readonly string[], head: Partial<GossipHead> = {}) => {
    const one = { sender: "A1", host: "a", sequence, part: { part: 1, parts: 1 }, whole: true, last: false, ...head };
    const entries = addresses.map((address) => encodeEntry(member(address), 0));
    link.publish("reeve.sys.members.a", encodeGossip(membersType, one, entries, { everyMs: 2_000 }));
    await clock.advance(0);
  };
  const beat = async (sequence: number, { everyMs = 2_000, lagMs = 0 } = {}) => {
    link.publish("reeve.sys.alive.a", encodeAlive({ sender: "A1", sequence, everyMs, lagMs }));
    await clock.advance(0);
  };
  const hearing = (address = "a") => ours.members.at("volume", 1, address)?.hearing ?? "gone";
  /** What it is at each of these ages, counted from now on. */
  const aging = async (...ages: readonly number[]) => {
    const seen: string[] = [];
    let age = 0;
    for (const next of ages) {
      await clock.advance(next - age);
      age = next;
      seen.push(`${next} ${hearing()}`);
    }
    return seen;
  };
  return { ...ours, clock, tell, beat, hearing, aging, asked };
}

test("silent for 3 s a process is suspect, for 5 s lost, for more than 10 s dead", async () => {
  const { tell, aging } = await listening();
  await tell(1, ["a"]);
  expect(await aging(2_999, 3_000, 4_999, 5_000, 10_000, 10_500)).toEqual([
    ...["2999 heard", "3000 suspect", "4999 suspect", "5000 lost", "10000 lost", "10500 gone"],
  ]);
});

test("one that says that it speaks every 4 s is suspect after 1.5 of these, lost after 2.5, dead after 3", async () => {
  const { tell, beat, aging } = await listening();
  await tell(1, ["a"]);
  await beat(1, { everyMs: 4_000 });
  expect(await aging(5_999, 6_000, 9_999, 10_000, 12_000, 12_500)).toEqual([
    ...["5999 heard", "6000 suspect", "9999 suspect", "10000 lost", "12000 lost", "12500 gone"],
  ]);
});

test("a copy of a heartbeat, one that was overtaken, and one that comes after the last word, prove no life", async () => {
  const { tell, beat, aging, hearing, clock, counters } = await listening();
  await tell(1, ["a"]);
  await beat(7);
  await clock.advance(2_900);
  await beat(7);
  await beat(6, { lagMs: 6_000 });
  expect(await aging(100)).toEqual(["100 suspect"]);
  await beat(8);
  expect(hearing()).toBe("heard");
  await tell(2, [], { last: true, whole: false });
  await beat(9);
  expect(hearing()).toBe("gone");
  expect(counters.value("members.ignored", { kind: "stale" })).toBe(3);
});

test("the last word is said when all its parts are; a number that jumps to the highest and back is heard no more, and harms nobody else", async () => {
  const { tell, hearing } = await listening();
  await tell(1, ["a", "b"]);
  await tell(2, ["a"], { whole: false, last: true, part: { part: 1, parts: 2 } });
  expect([hearing("a"), hearing("b")]).toEqual(["heard", "heard"]);
  await tell(2, ["c"], { whole: false, last: true, part: { part: 2, parts: 2 } });
  expect([hearing("a"), hearing("b"), hearing("c")]).toEqual(["gone", "gone", "gone"]);
  await tell(1, ["a"], { sender: "A2" });
  await tell(Number.MAX_SAFE_INTEGER, ["b"], { sender: "A2", whole: false });
  await tell(3, [], { sender: "A2" });
  expect([hearing("a"), hearing("b")]).toEqual(["heard", "heard"]);
  await tell(1, ["a"], { sender: "A3" });
  await tell(2, [], { sender: "A3", last: true, whole: false });
  expect([hearing("b")]).toEqual(["heard"]);
});

test("a list of everything that has shrunk, and an entry that stands in it twice, are taken as the last of what they say", async () => {
  const { tell, hearing } = await listening();
  await tell(1, ["a", "b", "c"]);
  await tell(2, ["b", "b"]);
  expect([hearing("a"), hearing("b"), hearing("c")]).toEqual(["gone", "heard", "gone"]);
  await tell(3, ["a"], { part: { part: 1, parts: 2 } });
  expect(hearing("b")).toBe("heard");
  await tell(3, ["a"], { part: { part: 2, parts: 2 } });
  expect([hearing("a"), hearing("b")]).toEqual(["heard", "gone"]);
});

test("heartbeats without a telling for twice as long as one takes are reason to ask what there is, a second apart at most", async () => {
  const { tell, beat, clock, asked } = await listening();
  await tell(1, ["a"]);
  for (let sequence = 1; sequence <= 10; sequence++) {
    await clock.advance(2_000);
    await beat(sequence);
  }
  expect(asked).toEqual([]);
  await clock.advance(500);
  for (let sequence = 11; sequence <= 20; sequence++) await beat(sequence);
  expect(asked).toEqual(['{"senders":["A1"]}']);
  // Its event loop is held up: it could not answer.
  await clock.advance(2_000);
  await beat(21, { lagMs: 6_000 });
  expect(asked).toHaveLength(1);
  await beat(22);
  expect(asked).toHaveLength(2);
  await tell(2, [], { whole: false });
  await clock.advance(2_000);
  await beat(23);
  expect(asked).toHaveLength(2);
});

test("whatever a process says revives it, at once: a heartbeat as well as a telling", async () => {
  const { tell, beat, aging, hearing } = await listening();
  await tell(1, ["a"]);
  expect(await aging(3_000)).toEqual(["3000 suspect"]);
  await tell(2, [], { whole: false });
  expect(hearing()).toBe("heard");
  expect(await aging(5_000)).toEqual(["5000 lost"]);
  await beat(1);
  expect(hearing()).toBe("heard");
});
