import { expect, test } from "vitest";
import { encodeGossip } from "../../gossip/message.ts";
import { encodeEntry } from "./entry-codec.ts";
import { Fleet, serving } from "./fleet.fixture.ts";
import { member } from "./member.fixture.ts";
import { type MemberEntry, membersType } from "./member-entry.ts";

const everyMs = 2_000;

/** Says whatever it likes, under one caller token. */
async function flooder(fleet: Fleet, token: string) {
  const raw = fleet.hub.client({ caller: token });
  await raw.connect();
  const sequences = new Map<string, number>();
  return (sender: string, addresses: readonly string[], change: Partial<MemberEntry> = {}) => {
    const sequence = (sequences.get(sender) ?? 0) + 1;
    sequences.set(sender, sequence);
    const head = { sender, host: "z", sequence, part: { part: 1, parts: 1 }, whole: false, last: false };
    const entries = addresses.map((address) => encodeEntry(member(address, change), 0));
    raw.publish(`reeve.sys.members.${token}`, encodeGossip(membersType, head, entries, { everyMs }));
  };
}

const many = (sender: string, count: number) => Array.from({ length: count }, (_, at) => `x${sender}-${at}`);

test("managers that one caller token makes up take no room from those of others, and go when it falls silent", async () => {
  const fleet = new Fleet();
  const [a, b] = [await fleet.host("a"), await fleet.host("b", { maxMembers: 550 })];
  for (let backend = 0; backend < 100; backend++) {
    a.announcer.announce({ manager: "disk", version: "1.0", address: `a@b${backend}`, epoch: 1 });
  }
  await fleet.clock.advance(0);
  const flood = await flooder(fleet, "z");
  for (let sender = 0; sender < 8; sender++) {
    flood(`z${sender}`, many(`${sender}`, 100));
    await fleet.clock.advance(0);
  }
  expect([...b.members.all()]).toHaveLength(550);
  expect(b.counters.value("members.ignored", { kind: "crowded" })).toBe(350);
  expect(b.members.of("disk", 1)).toHaveLength(100);
  await fleet.clock.advance(12_000);
  expect(b.members.of("volume", 1)).toEqual([]);
  expect(b.members.of("disk", 1)).toHaveLength(100);
});

test("66,000 processes that are made up, under one caller token or as many, keep no real one out", {
  timeout: 60_000,
}, async () => {
  const fleet = new Fleet();
  const b = await fleet.host("b", { maxSenders: 1_024 });
  const a = await fleet.host("a");
  a.announcer.announce({ manager: "volume", version: "1.0", address: "a", epoch: 1 }).setStatus(serving);
  await fleet.clock.advance(0);
  const flood = await flooder(fleet, "z");
  const raw = fleet.hub.client({ caller: "everybody" });
  await raw.connect();
  for (let made = 0; made < 66_000; made++) {
    flood(`z${made}`, []);
    const head = { sender: `y${made}`, host: "y", sequence: 1, part: { part: 1, parts: 1 }, whole: true, last: false };
    if (made % 8 === 0) raw.publish(`reeve.sys.members.y${made}`, encodeGossip(membersType, head, [], { everyMs }));
    if (made % 500 === 0) {
      await fleet.clock.advance(made % 2_000 === 0 ? 2_000 : 0);
      expect(b.members.of("volume", 1)).toMatchObject([{ address: "a", canServe: true }]);
    }
  }
  const late = await fleet.host("late");
  late.announcer.announce({ manager: "volume", version: "1.0", address: "late", epoch: 1 }).setStatus(serving);
  await fleet.clock.advance(0);
  expect(b.members.of("volume", 1)).toMatchObject([{ address: "a" }, { address: "late", canServe: true }]);
});
