import fc from "fast-check";
import * as v from "valibot";
import { expect, test } from "vitest";
import { z } from "zod";
import { redactor } from "./redactor.ts";
import { secret } from "./secret.ts";

const pin = secret(z.string());

test("secret fields of objects, arrays, tuples, records and unions are replaced, and the value is not changed", () => {
  const schema = z.object({
    id: z.string(),
    pin,
    maybe: pin.optional(),
    list: z.array(z.object({ pin, name: z.string() })),
    pair: z.tuple([z.string(), pin]),
    byName: z.record(z.string(), pin),
    either: z.union([z.object({ pin }), z.object({ pin: z.string(), other: z.number() })]),
    kind: z.discriminatedUnion("t", [
      z.object({ t: z.literal("key"), value: pin }),
      z.object({ t: z.literal("none"), reason: z.string() }),
    ]),
    both: z.intersection(z.object({ a: pin }), z.object({ b: z.string() })),
    at: z.date(),
  });
  const at = new Date(0);
  const value = {
    id: "v1",
    pin: "s",
    list: [{ pin: "s", name: "a" }],
    pair: ["open", "s"],
    byName: { a: "s", b: "s" },
    either: { pin: "s", other: 1 },
    kind: { t: "key", value: "s" },
    both: { a: "s", b: "open" },
    at,
  };
  const before = structuredClone(value);
  expect(redactor(schema)(value)).toEqual({
    id: "v1",
    pin: "[redacted]",
    list: [{ pin: "[redacted]", name: "a" }],
    pair: ["open", "[redacted]"],
    byName: { a: "[redacted]", b: "[redacted]" },
    either: { pin: "[redacted]", other: 1 },
    kind: { t: "key", value: "[redacted]" },
    both: { a: "[redacted]", b: "open" },
    at,
  });
  expect(value).toEqual(before);
});

test("a mark survives refinement, defaults, nullability, reuse by id and recursion", () => {
  const Named = secret(z.object({ user: z.string() })).meta({ id: "Named" });
  const Tree = z.object({
    pin: pin.min(3).default("abc").nullable(),
    one: Named,
    two: Named,
    get children() {
      return z.array(Tree).optional();
    },
  });
  const leaf = { pin: null, one: { user: "s" }, two: { user: "s" } };
  expect(redactor(Tree)({ ...leaf, pin: "s", children: [{ ...leaf, children: [leaf] }] })).toEqual({
    pin: "[redacted]",
    one: "[redacted]",
    two: "[redacted]",
    children: [
      {
        pin: null,
        one: "[redacted]",
        two: "[redacted]",
        children: [{ pin: null, one: "[redacted]", two: "[redacted]" }],
      },
    ],
  });
});

test("input and parsed output are both hidden where a transform lies between", () => {
  const schema = z.object({ auth: z.string().transform((text) => ({ token: text })), pin: pin.transform(Number) });
  const redact = redactor(schema);
  expect(redact({ auth: "open", pin: "1234" })).toEqual({ auth: "open", pin: "[redacted]" });
  expect(redact(schema.parse({ auth: "open", pin: "1234" }))).toMatchObject({ pin: "[redacted]" });
});

test("what the schema does not describe is shown as its type: a misspelt field, a wrong type, a record's extra", () => {
  const schema = z.object({ login: z.object({ pin }), size: z.number(), tags: z.array(z.string()) });
  const redact = redactor(schema);
  expect(redact({ login: { pni: "s", deep: { pin: "s" }, n: 1, at: ["s"] }, size: 1, tags: ["open"] })).toEqual({
    login: { pni: "[string]", deep: "[object]", n: "[number]", at: "[array]" },
    size: 1,
    tags: ["open"],
  });
  expect(redact({ login: '{"pin":"s"}', size: { s: "s" }, tags: "open" })).toEqual({
    login: "[string]",
    size: "[object]",
    tags: "[string]",
  });
  expect(redact(["s"])).toBe("[array]");
  expect(redact("s")).toBe("[string]");
  expect(redact({ login: new Map([["pin", "s"]]), size: () => "s" })).toEqual({
    login: "[instance]",
    size: "[function]",
  });
});

test("what the schema leaves open stays open", () => {
  const schema = z.looseObject({ pin, anything: z.unknown(), bag: z.record(z.string(), z.any()) });
  const open = { anything: { deep: ["open"] }, bag: { a: { b: 1 } }, extra: "open" };
  expect(redactor(schema)({ pin: "s", ...open })).toEqual({ pin: "[redacted]", ...open });
});

test("a record whose keys are secret is hidden whole", () => {
  expect(redactor(z.object({ by: z.record(pin, z.number()) }))({ by: { s: 1 } })).toEqual({ by: "[redacted]" });
});

test("a schema that marks nothing hides nothing and copies nothing", () => {
  const value = { anything: { at: "all" } };
  expect(redactor(z.object({ a: z.string() }))(value)).toBe(value);
});

test("a schema without JSON Schema shows only the type of the value", () => {
  const redact = redactor(v.object({ pin: v.string() }));
  expect(redact({ pin: "s" })).toBe("[object]");
  expect(redact(["s"])).toBe("[array]");
  expect(redact("s")).toBe("[string]");
  expect(redact(undefined)).toBe(undefined);
});

test("a value that fights back is unreadable, not an error, and one without end comes to an end", () => {
  const Tree = z.object({
    pin,
    get next() {
      return Tree.optional();
    },
  });
  const redact = redactor(Tree);
  expect(
    redact({
      get pin() {
        throw new Error("trap");
      },
    }),
  ).toBe("[unreadable]");
  const loop: Record<string, unknown> = { pin: "s" };
  loop.next = loop;
  const text = JSON.stringify(redact(loop));
  expect(text).not.toContain('"s"');
  expect(text).toContain("[object]");
  expect(redact(JSON.parse('{"__proto__":{"polluted":"s"}}'))).toEqual(JSON.parse('{"__proto__":"[object]"}'));
  expect(({} as Record<string, unknown>).polluted).toBe(undefined);
});

test("no value whatever puts a secret's text in the copy", () => {
  const Tree = z.object({
    pin,
    note: z.string(),
    bag: z.record(z.string(), z.union([z.number(), pin, z.array(pin)])),
    get kids() {
      return z.array(Tree);
    },
  });
  const redact = redactor(Tree);
  const leaf = fc.constantFrom("hunter2", 1, null, true);
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 5 },
      leaf,
      fc.dictionary(fc.constantFrom("pin", "pni", "bag", "kids", "__proto__"), tie("tree")),
      fc.array(tie("tree"), { maxLength: 4 }),
    ),
  }));
  fc.assert(
    fc.property(tree, (value) => {
      expect(JSON.stringify(redact(value)) ?? "").not.toContain("hunter2");
    }),
  );
});
