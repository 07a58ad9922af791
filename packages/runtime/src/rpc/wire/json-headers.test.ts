import { expect, test } from "vitest";
import { readJsonHeaders } from "./json-headers.ts";

test("the header traceparent of a JSON call is its trace; what is none is refused", () => {
  const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  expect(readJsonHeaders({ traceparent }).meta).toEqual({ trace: traceparent });
  expect(readJsonHeaders({}).meta).toEqual({});
  expect(() => readJsonHeaders({ traceparent: "mine" })).toThrow(/meta\.trace: expected a traceparent/);
});

test("the header Reeve-Acknowledges of a JSON call lists casts, separated by commas", () => {
  const headers = (ids: string) => ({ "Reeve-Idempotency-Key": "cast-3", "Reeve-Acknowledges": ids });
  expect(readJsonHeaders(headers("c1, c2,c3")).meta).toEqual({ key: "cast-3", acknowledges: ["c1", "c2", "c3"] });
  for (const bad of ["", "c1,", "c1 c2", ",", "c1;c2"])
    expect(() => readJsonHeaders(headers(bad))).toThrow(/meta\.acknowledges: expected ids of 1 to 64/);
  expect(() => readJsonHeaders({ "Reeve-Acknowledges": "c1" })).toThrow(/expected beside meta\.key/);
});
