import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { expect, test } from "vitest";
import { sameClaim } from "./claim.ts";
import { encodeEntry, readEntry } from "./entry-codec.ts";
import { type MemberEntry, memberStates, placeOf } from "./member-entry.ts";

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
  reconnects: fc.nat(),
});
const wireOf = (value: MemberEntry): unknown => JSON.parse(encodeEntry(value, now));

test("what is encoded is decoded", () => {
  fc.assert(
    fc.property(entry, (value) => {
      expect(readEntry(wireOf(value), 0, now)).toEqual(value);
    }),
  );
});

test("what is known from before is decoded as by one that knows nothing, and is the same object where nothing changed", () => {
  const differing = fc.tuple(entry, entry, fc.subarray(Object.keys(sample))).map(([before, other, fields]) => {
    const changed = fields.filter((field) => !["manager", "address", "major"].includes(field));
    return [
      before,
      { ...before, ...Object.fromEntries(changed.map((field) => [field, Reflect.get(other, field)])) },
    ] as const;
  });
  fc.assert(
    fc.property(differing, ([before, after]) => {
      const decoded = readEntry(wireOf(after), 0, now, (place) => (place === placeOf(before) ? before : undefined));
      const alike = Object.entries(after).every(
        ([key, value]) => isDeepStrictEqual(value, Reflect.get(before, key)) || key === "heldSince",
      );
      const nothingNew = alike && sameClaim(before, after);
      expect(decoded).toEqual(nothingNew ? before : readEntry(wireOf(after), 0, now));
      expect(decoded === before).toBe(nothingNew);
    }),
  );
});

const sample: MemberEntry = {
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
  reconnects: 2,
};
const plain = wireOf(sample) as object;

test("an entry is JSON that other languages read", () => {
  expect(plain).toEqual({
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
    reconnects: 2,
  });
});

test("a link that never broke is not spoken of", () => {
  const whole = { ...sample, reconnects: 0 };
  expect(wireOf(whole)).not.toHaveProperty("reconnects");
  expect(readEntry(wireOf(whole), 0, now)).toEqual(whole);
});

test.each<[string, unknown]>([
  ["", null],
  [".manager", { ...plain, manager: "vol*" }],
  [".version", { ...plain, version: "1" }],
  [".version", { ...plain, version: 1 }],
  [".address", { ...plain, address: "a@b@c" }],
  [".cluster", { ...plain, cluster: ">" }],
  [".epoch", { ...plain, epoch: 1.5 }],
  [".incarnation", { ...plain, incarnation: "a b" }],
  [".store", { ...plain, store: "" }],
  [".heldMs", { ...plain, heldMs: -1 }],
  [".state", { ...plain, state: "asleep" }],
  [".phase", { ...plain, phase: "done" }],
  [".reasons", { ...plain, reasons: "HUNG" }],
  [".reasons", { ...plain, reasons: Array(17).fill("HUNG") }],
  [".reasons.0", { ...plain, reasons: ["a\nb"] }],
  [".canServe", { ...plain, canServe: 1 }],
  [".inFlight", { ...plain, inFlight: null }],
  [".queued", { ...plain, queued: -1 }],
  [".reconnects", { ...plain, reconnects: "2" }],
])("a wrong entry%s is named", (field, value) => {
  expect(() => readEntry(value, 7, now)).toThrow(`entries.7${field}: expected `);
});
