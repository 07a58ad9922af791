import { reeveError } from "@reeve/contract";
import { describe, expect, test } from "vitest";
import { jsonAnswer, jsonError, parseJsonCall } from "./json-call.ts";
import { maxDepth, maxElements } from "./limits.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

describe("JSON calls", () => {
  test("are JSON texts", () => {
    expect(parseJsonCall(bytes('{"id":"v1","n":[1,"]}{\\""]}'))).toEqual({ id: "v1", n: [1, ']}{"'] });
    expect(new TextDecoder().decode(jsonAnswer(undefined))).toBe("null");
  });

  test.each([
    ["no JSON", "{", /no JSON/],
    ["bytes that are no UTF-8", "\xff", /no JSON/],
    ["nesting too deep", `{"a":${"[".repeat(maxDepth)}${"]".repeat(maxDepth)}}`, /deep/],
    ["too many values", `{"a":[${"1,".repeat(maxElements)}1]}`, /values/],
    ["a key that changes what an object is", '{"__proto__":{"admin":true}}', /no JSON/],
  ])("refuses %s and quotes nothing of it", (_, text, problem) => {
    const data = text === "\xff" ? Uint8Array.of(0x7b, 0xff) : bytes(text);
    expect(() => parseJsonCall(data)).toThrow(problem);
  });

  test("are answered with a service's error headers, each on one line", () => {
    const error = reeveError("NOT_SERVING", "volume/a is booting\r\nX: y", {
      cause: new Error("inside"),
      address: "a",
    });
    const { body, headers } = jsonError(error);
    expect(headers).toMatchObject({
      "Nats-Service-Error": "volume/a is booting X: y",
      "Nats-Service-Error-Code": "503",
      "Reeve-Reason": "NOT_SERVING",
      "Reeve-Outcome": "not-executed",
    });
    const text = new TextDecoder().decode(body);
    expect(JSON.parse(text)).toMatchObject({ reason: "NOT_SERVING", retryable: true, address: "a" });
    expect(text).not.toMatch(/inside|stack/);
  });
});
