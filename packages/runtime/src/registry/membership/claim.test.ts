import fc from "fast-check";
import { expect, test } from "vitest";
import { type Claim, prevails, sameStore, yields } from "./claim.ts";

const claim = (sender: string, heldSince: number | undefined): Claim => ({
  sender,
  store: `disk of ${sender}`,
  heldSince,
});

test.each([
  // By how long each has held the address, in seconds: undefined is not at all.
  { a: undefined, b: undefined, who: "a" },
  { a: 5, b: undefined, who: "a" },
  { a: undefined, b: 0, who: "b" },
  { a: undefined, b: 60, who: "b" },
  { a: 60, b: 5, who: "a" },
  { a: 5, b: 60, who: "b" },
  { a: 5, b: 5, who: "a" },
  { a: 5, b: 5.9, who: "a" },
  { a: 5.9, b: 5, who: "a" },
  { a: 0, b: 2.1, who: "b" },
])("held for $a s by a and for $b s by b, it is $who's", ({ a, b, who }) => {
  const now = 1_000_000;
  const since = (seconds: number | undefined) => (seconds === undefined ? undefined : now - seconds * 1_000);
  const [first, second] = [claim("a", since(a)), claim("b", since(b))];
  expect(yields(first, second)).toBe(who === "b");
  expect(yields(second, first)).toBe(who === "a");
  expect(prevails(first, second)).toBe(who === "a");
  expect(prevails(second, first)).toBe(who === "b");
});

const held = fc.option(fc.integer({ min: 0, max: 20_000 }), { nil: undefined });
/** What a message takes, at most: each then takes the other's claim for so much younger than it is. */
const delay = fc.integer({ min: 0, max: 450 });
const late = (heldSince: number | undefined, ms: number) => (heldSince === undefined ? undefined : heldSince + ms);

test("whatever their messages take, of two claims at most one stands, and exactly one where an address is free", () => {
  fc.assert(
    fc.property(held, held, delay, delay, (a, b, toB, toA) => {
      const aYields = yields(claim("a", a), claim("b", late(b, toA)));
      const bYields = yields(claim("b", b), claim("a", late(a, toB)));
      expect(aYields || bYields).toBe(true);
      if (a === undefined || b === undefined) expect(aYields).toBe(!bYields);
      // Whoever has held it for much longer keeps it.
      if (a !== undefined && b !== undefined && a + 3_000 < b) expect(aYields).toBe(false);
      if (a !== undefined && b !== undefined && b + 3_000 < a) expect(bYields).toBe(false);
    }),
    { numRuns: 2_000 },
  );
});

test("a third process believes exactly one of two", () => {
  fc.assert(
    fc.property(held, held, (a, b) => {
      expect(prevails(claim("a", a), claim("b", b))).toBe(!prevails(claim("b", b), claim("a", a)));
    }),
    { numRuns: 1_000 },
  );
});

test("epochs can be compared only where both name the same store, or both none", () => {
  expect(sameStore({ store: "x" }, { store: "x" })).toBe(true);
  expect(sameStore({ store: "x" }, { store: "y" })).toBe(false);
  expect(sameStore({ store: undefined }, { store: "y" })).toBe(false);
  expect(sameStore({ store: undefined }, { store: undefined })).toBe(true);
});
