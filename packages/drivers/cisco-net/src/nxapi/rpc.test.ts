import { expect, test } from "vitest";
import { decodeRpc, encodeRpc } from "./rpc.ts";

const result = (id: number, value: unknown) => ({ jsonrpc: "2.0", result: value, id });
const refusal = (id: number | null, msg?: string) => ({
  jsonrpc: "2.0",
  error: { code: -32602, message: "Invalid params", ...(msg ? { data: { msg } } : {}) },
  id,
});

test("commands go as an array with ids from 1, without a word on rolling back", () => {
  expect(JSON.parse(encodeRpc([{ method: "cli", cmd: "show vlan" }]))).toEqual([
    { jsonrpc: "2.0", method: "cli", params: { cmd: "show vlan", version: 1 }, id: 1 },
  ]);
});

test("one answer is an object or an array, data is in body, text in msg, nothing is null", () => {
  const body = { a: 1 };
  expect(decodeRpc(JSON.stringify(result(1, { body })), 1)).toEqual({
    kind: "answers",
    answers: [{ kind: "done", body, text: "" }],
  });
  expect(decodeRpc(JSON.stringify([result(2, null), result(1, { msg: "said\n" })]), 2)).toEqual({
    kind: "answers",
    answers: [
      { kind: "done", body: undefined, text: "said" },
      { kind: "done", body: undefined, text: "" },
    ],
  });
});

test("what stands before the answer is passed over", () => {
  const text = `Authorised users only\n*** banner ***\n${JSON.stringify(result(1, null))}`;
  expect(decodeRpc(text, 1).kind).toBe("answers");
});

test("after a refusal there is no answer to the rest; a refusal without words has its message", () => {
  expect(decodeRpc(JSON.stringify([result(1, null), refusal(2, "% Invalid\n  command")]), 3)).toEqual({
    kind: "answers",
    answers: [
      { kind: "done", body: undefined, text: "" },
      { kind: "refused", text: "% Invalid command" },
      { kind: "none" },
    ],
  });
  expect(decodeRpc(JSON.stringify(refusal(1)), 1)).toEqual({
    kind: "answers",
    answers: [{ kind: "refused", text: "Invalid params" }],
  });
});

test("a refusal without an id is of the whole request", () => {
  expect(decodeRpc(JSON.stringify(refusal(null, "no version")), 2)).toEqual({ kind: "rejected", text: "no version" });
});

test.each([
  "",
  "<html><h1>502</h1></html>",
  '[{"jsonrpc":"2.0","result":nu',
  "[]",
  "{}",
  "null",
  '"text"',
  '[{"id":1}]',
])("anything but an answer is unreadable: %s", (text) => {
  expect(decodeRpc(text, 1).kind).toBe("unreadable");
});
