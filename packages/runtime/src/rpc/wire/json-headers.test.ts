import { expect, test } from "vitest";
import { readJsonHeaders } from "./json-headers.ts";

test("the header traceparent of a JSON call is its trace; what is none is refused", () => {
  const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  expect(readJsonHeaders({ traceparent }).meta).toEqual({ trace: traceparent });
  expect(readJsonHeaders({}).meta).toEqual({});
  expect(() => readJsonHeaders({ traceparent: "mine" })).toThrow(/meta\.trace: expected a traceparent/);
});
