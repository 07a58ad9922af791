import fc from "fast-check";
import { expect, test } from "vitest";
import { readMeta } from "./call-meta.ts";

test("an idempotency key has 1 to 200 characters, whoever sends it", () => {
  const longest = "k".repeat(200);
  expect(readMeta({ key: longest })).toEqual({ key: longest });
  for (const key of ["", `${longest}k`, "k".repeat(230), 7, null]) {
    expect(() => readMeta({ key })).toThrow(/meta\.key: expected text of 1 to 200 characters/);
  }
});

const trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

test("a trace is a traceparent of W3C trace context, version 00", () => {
  expect(readMeta({ trace })).toEqual({ trace });
  const refused = [
    "",
    7,
    null,
    trace.toUpperCase(),
    `${trace}0`,
    ` ${trace}`,
    `${trace}\n`,
    trace.replace("00-", "01-"),
    trace.replace("0af7651916cd43dd8448eb211c80319c", "0".repeat(32)),
    trace.replace("b7ad6b7169203331", "0".repeat(16)),
  ];
  for (const bad of refused) expect(() => readMeta({ trace: bad })).toThrow(/meta\.trace: expected a traceparent/);
});

test("acknowledged casts are up to 256 ids of 1 to 64 letters, digits, _ and -, beside a key", () => {
  const key = "cast-1";
  const most = Array.from({ length: 256 }, (_, index) => `${index}`.padStart(64, "_-aZ"));
  expect(readMeta({ key, acknowledges: most })).toEqual({ key, acknowledges: most });
  expect(readMeta({ key, acknowledges: [] })).toEqual({ key, acknowledges: [] });
  for (const bad of ["", "a".repeat(65), "a b", "a.b", "ä", "a\n", 7, null, {}, ["a"]]) {
    expect(() => readMeta({ key, acknowledges: ["a", bad] })).toThrow(/meta\.acknowledges: expected ids of 1 to 64/);
  }
  for (const bad of [[...most, "one-more"], "a", { 0: "a" }, null, 7]) {
    expect(() => readMeta({ key, acknowledges: bad })).toThrow(/meta\.acknowledges is no array of at most 256/);
  }
  expect(() => readMeta({ acknowledges: ["a"] })).toThrow(/meta\.acknowledges: expected beside meta\.key/);
});

test("whatever is sent as acknowledged casts, it is read or refused, and nothing else comes of it", () => {
  const ids = fc.array(fc.oneof(fc.string({ maxLength: 70 }), fc.stringMatching(/^[\w-]{1,64}$/), fc.anything()));
  fc.assert(
    fc.property(fc.oneof(ids, fc.anything()), (acknowledges) => {
      let read: readonly string[] | undefined;
      try {
        read = readMeta({ key: "cast-1", acknowledges }).acknowledges;
      } catch (error) {
        expect(error).toMatchObject({ reason: "MALFORMED_FRAME" });
        return;
      }
      expect(read).toEqual(acknowledges);
      for (const id of read ?? []) expect(id).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
    }),
    { numRuns: 2_000 },
  );
});
