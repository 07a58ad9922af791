import fc from "fast-check";
import { expect, test } from "vitest";
import { idempotencyKeyOf, inputDigestOf, isIdempotencyKey, keyOfText, keyText } from "./idempotency-key.ts";

const text = fc.string({ unit: "binary" });
const identity = fc.record({ manager: text, operation: text, tenant: text, user: text, key: text });

test("two identities have one text only if they are equal in all five", () => {
  fc.assert(
    fc.property(identity, identity, (one, other) => {
      expect(keyOfText(keyText(one))).toEqual(one);
      const same = (Object.keys(one) as (keyof typeof one)[]).every((field) => one[field] === other[field]);
      expect(keyText(one) === keyText(other)).toBe(same);
    }),
  );
});

test("what a key is said of does not depend on the process that calls", () => {
  const call = {
    ...{ contract: { name: "volume" }, operation: { name: "create" }, idempotencyKey: "k1" },
    principal: { user: "ada", tenant: "a", roles: ["operator"] },
  };
  const identity = { manager: "volume", operation: "create", tenant: "a", user: "ada", key: "k1" };
  expect(idempotencyKeyOf({ ...call, caller: "web-1" } as typeof call)).toEqual(identity);
  const none = idempotencyKeyOf({ ...call, principal: { user: "ada", roles: [] } });
  expect(none).toEqual({ ...identity, tenant: "" });
});

test.each([
  ["k", true],
  ["k".repeat(200), true],
  ["k".repeat(201), false],
  ["", false],
  [undefined, false],
  [7, false],
])("%j is a key: %s", (value, is) => {
  expect(isIdempotencyKey(value)).toBe(is);
});

test("inputs are told apart by what they hold, whatever the order of their fields; what is not plain data is not", () => {
  expect(inputDigestOf({ a: 1, b: 2 })).toBe(inputDigestOf({ b: 2, a: 1 }));
  expect(inputDigestOf({ a: 1 })).not.toBe(inputDigestOf({ a: 1, b: 2 }));
  expect(inputDigestOf(new Map())).toBe(inputDigestOf(() => {}));
});
