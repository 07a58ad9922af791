import type { StandardJSONSchemaV1, StandardSchemaV1 } from "@standard-schema/spec";
import { toStandardJsonSchema } from "@valibot/to-json-schema";
import * as v from "valibot";
import { expect, expectTypeOf, test } from "vitest";
import { z } from "zod";
import { redactor } from "./redactor.ts";
import { secret, secretNames } from "./secret.ts";

test("a Zod schema is marked in its JSON Schema, keeps its type and its other metadata, and the original stays as it was", () => {
  const plain = z.string().min(3).meta({ title: "Password" });
  const marked = secret(plain);
  expectTypeOf(marked).toEqualTypeOf(plain);
  expect(marked["~standard"].jsonSchema.input({ target: "draft-2020-12" })).toMatchObject({
    "x-reeve-secret": true,
    title: "Password",
    minLength: 3,
  });
  expect(plain["~standard"].jsonSchema.input({ target: "draft-2020-12" })).not.toHaveProperty("x-reeve-secret");
  expect(marked.parse("hunter2")).toBe("hunter2");
});

test("what JSON Schema cannot express can be secret all the same", () => {
  expect(() => secret(z.date())).not.toThrow();
  expect(() => secret(z.string().transform((text) => text.length))).not.toThrow();
});

test("a library that configures its schemas with metadata, as ArkType does, is marked that way", () => {
  type Text = StandardSchemaV1<string> & StandardJSONSchemaV1<string> & { configure(meta: object): Text };
  const text = (meta: object): Text => ({
    configure: (more) => text({ ...meta, ...more }),
    "~standard": {
      version: 1,
      vendor: "house",
      validate: (value) => (typeof value === "string" ? { value } : { issues: [{ message: "no text" }] }),
      jsonSchema: { input: () => ({ type: "string", ...meta }), output: () => ({ type: "string", ...meta }) },
    },
  });
  expect(redactor(secret(text({})))("hunter2")).toBe("[redacted]");
});

test("a schema whose mark would have no effect is refused, saying how to mark it", () => {
  expect(() => secret(v.string())).toThrow(
    'secret(): this schema of "valibot" cannot be marked; give its JSON Schema "x-reeve-secret": true',
  );
  expect(() => secret("password" as never)).toThrow("secret(): expected a Standard Schema");
});

test("a library marked with its own means, or with OpenAPI's password format, is redacted", () => {
  const login = toStandardJsonSchema(
    v.object({ user: v.string(), token: v.pipe(v.string(), v.metadata({ "x-reeve-secret": true })) }),
  );
  expect(redactor(login)({ user: "ann", token: "hunter2" })).toEqual({ user: "ann", token: "[redacted]" });
  const api = z.object({ password: z.string().meta({ format: "password" }) });
  expect(redactor(api)({ password: "hunter2" })).toEqual({ password: "[redacted]" });
});

test("the names of secret properties are found wherever they are", () => {
  const Key = secret(z.object({ bits: z.string() })).meta({ id: "Key" });
  const Node = z.object({
    pin: secret(z.string()).optional(),
    tokens: z.array(secret(z.string())),
    keys: z.record(z.string(), Key),
    either: z.union([z.number(), z.object({ deep: secret(z.string()) })]),
    get children() {
      return z.array(Node);
    },
    properties: z.object({ plain: z.string() }),
  });
  expect([...secretNames(Node)].sort()).toEqual(["deep", "keys", "pin", "tokens"]);
  expect(secretNames(v.object({})).size).toBe(0);
});
