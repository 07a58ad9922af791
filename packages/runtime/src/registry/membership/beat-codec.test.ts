import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type Beat, type MemberEntry, memberStates, placeOf } from "./beat.ts";
import { decodeBeat, encodeBeat, encodeEntry } from "./beat-codec.ts";
import { sameClaim } from "./claim.ts";

/** By the clock that counts sleep, at both ends. */
const now = 1_000_000;
const name = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_-]{0,20}$/);
const entry: fc.Arbitrary<MemberEntry> = fc.record({
  manager: name,
  major: fc.nat(99),
  minor: fc.nat(99),
  address: fc.oneof(
    name,
    fc.tuple(name, name).map(([host, backend]) => `${host}@${backend}`),
  ),
  cluster: fc.option(name, { nil: undefined }),
  epoch: fc.maxSafeNat(),
  incarnation: fc.option(name, { nil: undefined }),
  store: fc.option(name, { nil: undefined }),
  heldSince: fc.option(fc.integer({ min: -1_000, max: now }), { nil: undefined }),
  state: fc.constantFrom(...memberStates),
  phase: fc.constantFrom(undefined, "warmingUp" as const, "ready" as const),
  reasons: fc.array(fc.constantFrom("DRIVER_LOST", "HUNG"), { maxLength: 4 }),
  canServe: fc.boolean(),
  inFlight: fc.nat(),
  queued: fc.nat(),
  links: fc.nat(),
});
const beat: fc.Arbitrary<Beat> = fc.record({
  sender: name,
  host: name,
  sequence: fc.integer({ min: 1 }),
  part: fc.constantFrom({ part: 1, parts: 1 }, { part: 2, parts: 3 }),
  partial: fc.boolean(),
  everyMs: fc.integer({ min: 1, max: 60_000 }),
  lagMs: fc.nat(),
  last: fc.boolean(),
  members: fc.array(entry, { maxLength: 5 }),
});

const encode = (value: Beat) =>
  encodeBeat(
    value,
    value.members.map((member) => encodeEntry(member, now)),
  );

test("what is encoded is decoded", () => {
  fc.assert(
    fc.property(beat, (value) => {
      expect(decodeBeat(encode(value), () => now)).toEqual(value);
    }),
  );
});

test("what is known from before is decoded as by one that knows nothing, and is the same object where nothing changed", () => {
  const differing = fc
    .tuple(entry, entry, fc.subarray(Object.keys(sample.members[0]!)))
    .map(([before, other, fields]) => {
      const changed = fields.filter((field) => !["manager", "address", "major"].includes(field));
      return [
        before,
        { ...before, ...Object.fromEntries(changed.map((field) => [field, Reflect.get(other, field)])) },
      ] as const;
    });
  fc.assert(
    fc.property(differing, ([before, after]) => {
      const bytes = encode({ ...sample, members: [after] });
      const decoded = decodeBeat(
        bytes,
        () => now,
        (_, place) => (place === placeOf(before) ? before : undefined),
      );
      const alike = Object.entries(after).every(
        ([key, value]) => isDeepStrictEqual(value, Reflect.get(before, key)) || key === "heldSince",
      );
      const nothingNew = alike && sameClaim(before, after);
      expect(decoded!.members[0]).toEqual(nothingNew ? before : decodeBeat(bytes, () => now)!.members[0]);
      expect(decoded!.members[0] === before).toBe(nothingNew);
    }),
  );
});

const sample: Beat = {
  sender: "s1",
  host: "h1",
  sequence: 1,
  part: { part: 1, parts: 1 },
  partial: false,
  everyMs: 2_000,
  lagMs: 0,
  last: false,
  members: [
    {
      manager: "volume",
      major: 1,
      minor: 2,
      address: "h1@ssd",
      cluster: "rack-a",
      epoch: 3,
      incarnation: "i1",
      store: "st1",
      heldSince: 5_000,
      state: "degraded",
      phase: undefined,
      reasons: ["DRIVER_LOST"],
      canServe: true,
      inFlight: 1,
      queued: 0,
      links: 2,
    },
  ],
};

test("a beat is JSON that other languages read", () => {
  expect(JSON.parse(new TextDecoder().decode(encode(sample)))).toEqual({
    type: "reeve.beat.v1",
    sender: "s1",
    host: "h1",
    sequence: 1,
    everyMs: 2_000,
    lagMs: 0,
    members: [
      {
        manager: "volume",
        version: "1.2",
        address: "h1@ssd",
        cluster: "rack-a",
        epoch: 3,
        incarnation: "i1",
        store: "st1",
        heldMs: 995_000,
        state: "degraded",
        reasons: ["DRIVER_LOST"],
        canServe: true,
        inFlight: 1,
        queued: 0,
        links: 2,
      },
    ],
  });
});

test("a link that never broke is not spoken of, and a sender that does not know of it has none broken", () => {
  const whole = { ...sample, members: sample.members.map((member) => ({ ...member, links: 0 })) };
  expect(new TextDecoder().decode(encode(whole))).not.toContain("links");
  expect(decodeBeat(encode(whole), () => now)).toEqual(whole);
});

const plain = JSON.parse(new TextDecoder().decode(encode(sample)));
const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const withMember = (change: object) => ({ ...plain, members: [{ ...plain.members[0], ...change }] });

test.each<[string, unknown]>([
  ["message", []],
  ["type", { ...plain, type: 1 }],
  ["sender", { ...plain, sender: "a.b" }],
  ["host", { ...plain, host: "" }],
  ["sequence", { ...plain, sequence: 0 }],
  ["part", { ...plain, part: 1 }],
  ["part.parts", { ...plain, part: { part: 1, parts: 0 } }],
  ["part.part", { ...plain, part: { part: 3, parts: 2 } }],
  ["partial", { ...plain, partial: "yes" }],
  ["everyMs", { ...plain, everyMs: 60_001 }],
  ["lagMs", { ...plain, lagMs: -1 }],
  ["last", { ...plain, last: 1 }],
  ["members", { ...plain, members: {} }],
  ["members.0", { ...plain, members: [null] }],
  ["members.0.manager", withMember({ manager: "vol*" })],
  ["members.0.version", withMember({ version: "1" })],
  ["members.0.version", withMember({ version: 1 })],
  ["members.0.address", withMember({ address: "a@b@c" })],
  ["members.0.cluster", withMember({ cluster: ">" })],
  ["members.0.epoch", withMember({ epoch: 1.5 })],
  ["members.0.state", withMember({ state: "asleep" })],
  ["members.0.phase", withMember({ phase: "done" })],
  ["members.0.reasons", withMember({ reasons: "HUNG" })],
  ["members.0.reasons", withMember({ reasons: Array(17).fill("HUNG") })],
  ["members.0.reasons.0", withMember({ reasons: ["a\nb"] })],
  ["members.0.canServe", withMember({ canServe: 1 })],
  ["members.0.inFlight", withMember({ inFlight: null })],
  ["members.0.queued", withMember({ queued: -1 })],
  ["members.0.links", withMember({ links: "2" })],
])("a wrong %s is named", (field, value) => {
  expect(() => decodeBeat(bytes(value), () => now)).toThrow(`beat: ${field}: `);
});

test("what is no JSON text, or no UTF-8, is malformed", () => {
  expect(() => decodeBeat(new Uint8Array(0), () => now)).toThrow("beat: the message is no JSON text");
  expect(() => decodeBeat(Uint8Array.of(0x22, 0xff, 0x22), () => now)).toThrow("beat: the message is no JSON text");
});

test("a type of a later version is none of ours", () => {
  expect(decodeBeat(bytes({ ...plain, type: "reeve.beat.v2" }), () => now)).toBeUndefined();
});
