import { ReeveError } from "@reeve/contract";
import fc from "fast-check";
import { expect, test } from "vitest";
import { formatAddress, readAddress, readName } from "./address.ts";
import { readDuration } from "./duration.ts";
import { readInteger } from "./integer.ts";
import { knownKeys, shown } from "./option-keys.ts";

function refusal(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    if (error instanceof ReeveError && error.reason === "INVALID_OPTION") return error.message;
    throw error;
  }
  throw new Error("was not refused");
}

test("a whole number is read within its bounds, and left out it is the default", () => {
  expect(readInteger("size", undefined, 4)).toBe(4);
  expect(readInteger("size", 7, 4)).toBe(7);
  expect(readInteger("size", 0, 4, { min: 0 })).toBe(0);
});

test.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, "7", null, 10n, {}, 2 ** 60])(
  "%s as a whole number is refused by field and value",
  (value) => {
    expect(refusal(() => readInteger("mailbox.size", value, 4, { max: 100 }))).toBe(
      `mailbox.size: expected a whole number from 1 to 100, got ${shown(value)}`,
    );
  },
);

test("a duration is read in text or milliseconds, within its bounds", () => {
  expect(readDuration("drainTimeout", undefined, "30s")).toBe(30_000);
  expect(readDuration("drainTimeout", "1.5m", "30s")).toBe(90_000);
  expect(readDuration("drainTimeout", 250, "30s")).toBe(250);
  expect(refusal(() => readDuration("every", 0, "1s", { minMs: 1 }))).toBe("every: expected at least 1 ms, got 0");
  expect(refusal(() => readDuration("every", "2h", "1s", { maxMs: 60_000 }))).toBe(
    'every: expected at most 60000 ms, got "2h"',
  );
});

test.each([Number.NaN, 10n, null, {}, "soon", "-1s", -5, Symbol("s")])("%s as a duration is refused", (value) => {
  expect(refusal(() => readDuration("every", value, "1s"))).toMatch(
    /^every: expected milliseconds .*or text like "30s", got /,
  );
});

test("an unknown option is refused by name, with the one that was probably meant", () => {
  const known = ["maxInFlight", "maxQueued", "drainTimeout"];
  expect(() => knownKeys("mailbox", { maxQueued: 1 }, known)).not.toThrow();
  expect(refusal(() => knownKeys("mailbox", { maxInflight: 1 }, known))).toBe(
    'mailbox: unknown option "maxInflight"; did you mean "maxInFlight"?',
  );
  expect(refusal(() => knownKeys("mailbox", { colour: 1 }, known))).toBe(
    'mailbox: unknown option "colour"; known are maxInFlight, maxQueued, drainTimeout',
  );
  expect(refusal(() => knownKeys("mailbox", { ["__proto__"]: 1 }, known))).toContain('"__proto__"');
  expect(refusal(() => knownKeys("mailbox", [], known))).toBe("mailbox: expected an options object, got []");
  expect(refusal(() => knownKeys("mailbox", null, known))).toBe("mailbox: expected an options object, got null");
});

test("an offending value is shown on one short line", () => {
  const loop: { self?: unknown } = {};
  loop.self = loop;
  expect(shown("a\nb")).toBe('"a\\nb"');
  expect(shown("x".repeat(500))).toHaveLength(80);
  expect(shown(loop)).toBe("[object]");
  expect(shown(function setup() {})).toBe("[function setup]");
  expect(shown(-0)).toBe("-0");
});

test("an address is a host, or a host and a backend", () => {
  expect(readAddress("at", "block-01")).toEqual({ host: "block-01", backend: undefined });
  expect(readAddress("at", "block-01@ssd")).toEqual({ host: "block-01", backend: "ssd" });
  expect(formatAddress(readAddress("at", "block-01@ssd"))).toBe("block-01@ssd");
});

test.each(["", "@", "a@", "@b", "a@b@c", "a.b", "*", ">", "a b", "a\n", "-a", "é", "a".repeat(64), 7, null, undefined])(
  "%j is refused as an address",
  (value) => {
    expect(refusal(() => readAddress("at", value))).toBe(`at: expected "host" or "host@backend", got ${shown(value)}`);
  },
);

test("a name with dots is refused with the spelling that would do", () => {
  expect(refusal(() => readName("host", "node1.example.com"))).toContain('write "node1-example-com"');
  expect(refusal(() => readName("host", "..."))).not.toContain("write");
});

test("whatever is read as a name is one plain token of a subject", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      try {
        expect(readName("host", text)).toMatch(/^[\w-]{1,63}$/);
      } catch (error) {
        expect(error).toBeInstanceOf(ReeveError);
      }
    }),
  );
});
