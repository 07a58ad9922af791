import type { StandardSchemaV1 } from "@standard-schema/spec";
import { expect, test } from "vitest";
import { z } from "zod";
import { contract } from "./contract.ts";
import { paged } from "./paged.ts";
import { issuesOf } from "./schema.ts";

const item = z.object({ id: z.string(), size: z.coerce.number() });
const { input, output } = paged({ filter: z.object({ status: z.enum(["up", "down"]).optional() }), item });
const parse = async (schema: StandardSchemaV1, value: unknown) => {
  const result = await schema["~standard"].validate(value);
  return result.issues ? issuesOf(result.issues) : result.value;
};

test.each([
  ["item", { filter: item, itm: item }],
  ["filter", { filter: { status: "up" }, item }],
])("a %s that is missing or no schema is refused by name", (name, options) => {
  expect(() => paged(options as never)).toThrow(`paged: ${name}: expected a Standard Schema`);
});

test.each([
  ["lane", { filter: item, item, lane: () => "one" }],
  ["dedupe", { filter: item, item, dedupe: "store" }],
  ["rolls", { filter: item, item, rolls: ["operator"] }],
])("the option %s, which a paged operation does not have, is refused by name", (name, options) => {
  expect(() => paged(options as never)).toThrow(
    `paged: unknown option "${name}"; a paged operation has filter, item, errors, route, since, timeout, roles`,
  );
});

test("what a paged operation shares with a call means the same", () => {
  const errors = { TOO_MANY: z.object({ limit: z.number() }) };
  const list = paged({ filter: item, item, errors, route: "address", timeout: "5s", roles: ["auditor"], since: "1.1" });
  const { operations } = contract("volume", "1.1", { list });
  expect(operations.get("list")).toMatchObject({
    route: "address",
    timeoutMs: 5_000,
    sinceMinor: 1,
    roles: ["auditor"],
    idempotent: true,
  });
  expect([...operations.get("list")!.errors.keys()]).toEqual(["TOO_MANY"]);
});

test("a request without anything asks for the first hundred", async () => {
  expect(await parse(input, {})).toEqual({ filter: undefined, limit: 100, cursor: undefined });
});

test.each([
  [{ limit: 0 }, "limit"],
  [{ limit: 1_001 }, "limit"],
  [{ limit: 1.5 }, "limit"],
  [{ limit: "10" }, "limit"],
  [{ cursor: 5 }, "cursor"],
  [{ fliter: { status: "up" } }, "fliter"],
  [{ filter: { status: "sideways" } }, "filter.status"],
  [[], ""],
  [null, ""],
])("the request %j is refused, naming the field", async (value, path) => {
  expect(await parse(input, value)).toMatchObject([{ path }]);
});

test("a page's items are parsed one by one, and a bad one is named by its place", async () => {
  expect(await parse(output, { items: [{ id: "a", size: "5" }], next: "b" })).toEqual({
    items: [{ id: "a", size: 5 }],
    next: "b",
  });
  expect(
    await parse(output, {
      items: [
        { id: "a", size: 1 },
        { id: 2, size: 1 },
      ],
    }),
  ).toMatchObject([{ path: "items.1.id" }]);
  expect(await parse(output, { items: "none" })).toMatchObject([{ message: expect.stringContaining("items") }]);
  expect(await parse(output, { items: [], next: 5 })).toMatchObject([{ path: "next" }]);
});

test("schemas that are asynchronous are awaited", async () => {
  const slow = z.object({ id: z.string().refine(async (id) => id !== "bad") });
  const page = paged({ filter: slow, item: slow });
  expect(await parse(page.input, { filter: { id: "good" } })).toMatchObject({ filter: { id: "good" } });
  expect(await parse(page.output, { items: [{ id: "good" }, { id: "bad" }] })).toMatchObject([{ path: "items.1.id" }]);
});
