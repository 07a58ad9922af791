import fc from "fast-check";
import { expect, test } from "vitest";
import type { MemberEntry } from "./beat.ts";
import { encodeBeat, encodeEntry } from "./beat-codec.ts";
import { Fleet, serving } from "./fleet.fixture.ts";
import { member } from "./member.fixture.ts";
import { Shares } from "./shares.ts";

const everyMs = 2_000;

/** Says whatever it likes, under one caller token. */
async function flooder(fleet: Fleet, token: string) {
  const raw = fleet.hub.client({ caller: token });
  await raw.connect();
  const sequences = new Map<string, number>();
  return (sender: string, addresses: readonly string[], change: Partial<MemberEntry> = {}) => {
    const sequence = (sequences.get(sender) ?? 0) + 1;
    sequences.set(sender, sequence);
    const head = {
      sender,
      host: "z",
      sequence,
      part: { part: 1, parts: 1 },
      partial: false,
      everyMs,
      lagMs: 0,
      last: false,
    };
    raw.publish(
      `reeve.sys.members.beat.${token}`,
      encodeBeat(
        head,
        addresses.map((address) => encodeEntry(member(address, change), 0)),
      ),
    );
  };
}

const many = (sender: string, count: number) => Array.from({ length: count }, (_, at) => `x${sender}-${at}`);

test("managers that one caller token makes up leave room for those of others, and go when it falls silent", async () => {
  const fleet = new Fleet();
  const [a, b] = [await fleet.host("a"), await fleet.host("b", { maxMembers: 550 })];
  const flood = await flooder(fleet, "z");
  for (let sender = 0; sender < 8; sender++) {
    flood(`z${sender}`, many(`${sender}`, 100));
    await fleet.clock.advance(0);
  }
  expect([...b.members.all()]).toHaveLength(275);
  expect(b.counters.value("members.ignored", { kind: "crowded" })).toBe(6);
  for (let backend = 0; backend < 100; backend++) {
    a.announcer.announce({ manager: "disk", version: "1.0", address: `a@b${backend}`, epoch: 1 });
  }
  await fleet.clock.advance(0);
  expect(b.members.of("disk", 1)).toHaveLength(100);
  await fleet.clock.advance(11_000);
  expect(b.members.of("volume", 1)).toEqual([]);
  expect(b.members.of("disk", 1)).toHaveLength(100);
});

test("processes that one caller token makes up leave room for those of others", async () => {
  const fleet = new Fleet();
  const b = await fleet.host("b", { maxSenders: 64 });
  const flood = await flooder(fleet, "z");
  for (let sender = 0; sender < 100; sender++) flood(`z${sender}`, []);
  await fleet.clock.advance(0);
  expect(b.counters.value("members.ignored", { kind: "crowded" })).toBe(68);
  const a = await fleet.host("a");
  a.announcer.announce({ manager: "volume", version: "1.0", address: "a", epoch: 1 }).setStatus(serving);
  await fleet.clock.advance(0);
  expect(b.members.of("volume", 1)).toMatchObject([{ address: "a", canServe: true }]);
  // Forgotten, the made-up ones make room again.
  await fleet.clock.advance(660_000);
  flood("z-later", ["z"]);
  await fleet.clock.advance(0);
  expect(b.members.at("volume", 1, "z")).toBeDefined();
});

test("a process whose managers have no room is heard for those that are known, and told whole once there is room", async () => {
  const fleet = new Fleet();
  const b = await fleet.host("b", { maxMembers: 8 });
  const flood = await flooder(fleet, "z");
  flood("z1", ["m1", "m2", "m3"]);
  flood("z2", ["n1"]);
  await fleet.clock.advance(0);
  // Longer than the silence that makes it gone.
  for (let beat = 0; beat < 10; beat++) {
    flood("z1", ["m1", "m2", "m3", "m4"], { epoch: 2 + beat });
    if (beat < 3) flood("z2", ["n1"]);
    await fleet.clock.advance(everyMs);
    const known = b.members.of("volume", 1).map(({ address }) => address);
    expect(known).toEqual(expect.arrayContaining(["m1", "m2", "m3"]));
    expect(b.members.at("volume", 1, "m1")?.epoch).toBe(2 + beat);
  }
  expect(
    b.members
      .of("volume", 1)
      .map(({ address }) => address)
      .sort(),
  ).toEqual(["m1", "m2", "m3", "m4"]);
  expect(b.told).toContain("gone volume n1 1");
});

test("an owner never has more than is left free when it comes to it, and a newcomer always has its share", () => {
  const take = fc.record({ owner: fc.constantFrom("a", "b", "c", "d"), count: fc.integer({ min: -50, max: 200 }) });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 500 }), fc.array(take), (inAll, takes) => {
      const shares = new Shares(inAll);
      const used = new Map<string, number>();
      for (const { owner, count } of takes) {
        const own = used.get(owner) ?? 0;
        const total = [...used.values()].reduce((sum, one) => sum + one, 0);
        // One after another, as long as it has no more than is free.
        let room = 0;
        while (own + room < inAll - total - room) room += 1;
        expect(shares.room(owner)).toBe(room);
        const given = Math.max(-own, Math.min(count, room));
        shares.add(owner, given);
        used.set(owner, own + given);
      }
      const owners = [...used.values()].filter((one) => one > 0).length;
      expect(shares.room("new")).toBeGreaterThanOrEqual(Math.floor(inAll / 2 ** (owners + 1)));
    }),
  );
});
