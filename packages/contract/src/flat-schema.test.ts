import { expect, test } from "vitest";
import { z } from "zod";
import { holdsOnlyScalars } from "./flat-schema.ts";
import { paged } from "./paged.ts";
import type { Schema } from "./schema.ts";

test.each<[string, Schema]>([
  ["a number", z.number()],
  ["a text or nothing", z.string().nullable()],
  ["one of a few", z.enum(["a", "b"])],
  ["a union of scalars", z.union([z.string(), z.number()])],
  ["an object of scalars", z.object({ id: z.uuid(), size: z.number().int().positive(), host: z.string().nullable() })],
  ["one with optional members and a check", z.object({ a: z.string().optional() }).refine(({ a }) => a !== "x")],
  ["a strict object", z.strictObject({ n: z.number().default(3) })],
])("%s holds only scalars", (_name, schema) => {
  expect(holdsOnlyScalars(schema)).toBe(true);
});

test.each<[string, Schema]>([
  ["anything", z.any()],
  ["an object within", z.object({ inner: z.object({ n: z.number() }) })],
  ["a list within", z.object({ tags: z.array(z.string()) })],
  ["a list", z.array(z.string())],
  ["whatever else is in it", z.looseObject({ n: z.number() })],
  ["a catch-all", z.object({ n: z.number() }).catchall(z.unknown())],
  ["a record", z.record(z.string(), z.number())],
  ["a date", z.date()],
  ["a date within", z.object({ at: z.date() })],
  ["a union with an object", z.union([z.string(), z.object({})])],
  ["what a transformation gives", z.object({ n: z.number() }).transform((value) => ({ value }))],
  ["a custom check", z.custom<object>(() => true)],
  ["a class", z.instanceof(Map)],
  ["a file", z.file()],
  ["a page", paged({ filter: z.object({}), item: z.string() }).input],
  ["no JSON Schema", { "~standard": { version: 1, vendor: "own", validate: (value: unknown) => ({ value }) } }],
])("%s may hold more", (_name, schema) => {
  expect(holdsOnlyScalars(schema)).toBe(false);
});
