import { expect, test } from "vitest";
import { compileOptions, type InspectorOptions } from "./options.ts";

const compile = (options: InspectorOptions) => compileOptions(options, () => "made-by-the-inspector");
const token = "0123456789abcdef";

test("it listens on loopback with a token of its own unless told otherwise", () => {
  expect(compile({})).toMatchObject({ hostname: "127.0.0.1", port: 4870, token: "made-by-the-inspector" });
  expect(compile({ viewToken: token }).token).toBeUndefined();
});

test("it refuses to be reached from elsewhere without a token", () => {
  for (const hostname of [
    "0.0.0.0",
    "::",
    "10.0.0.7",
    "block-01",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
  ]) {
    expect(() => compile({ hostname })).toThrow(/inspector\.hostname: .* can be reached from elsewhere; give a token/);
    expect(compile({ hostname, token }).hostname).toBe(hostname);
  }
  for (const hostname of ["localhost", "127.0.0.1", "127.1.2.3", "::1"])
    expect(compile({ hostname }).hostname).toBe(hostname);
});

test.each<[options: InspectorOptions, complaint: RegExp]>([
  [{ port: 65_536 }, /inspector\.port: expected 0 to 65535, got 65536/],
  [{ port: 1.5 }, /inspector\.port: expected 0 to 65535, got 1\.5/],
  [{ hostname: "" }, /inspector\.hostname/],
  [{ token: "short" }, /inspector\.token: expected at least 16 characters, got a text of 5 characters/],
  [{ viewToken: 7 as never }, /inspector\.viewToken: expected at least 16 characters, got a number/],
  [{ token, viewToken: token }, /inspector\.viewToken: expected another value than that of token/],
  [{ origins: ["ops.example"] }, /inspector\.origins: expected an origin .*, got "ops\.example"/],
  [{ prot: 1 } as never, /inspector\.prot: unknown option; known are port/],
])("%o is refused, naming the field", (options, complaint) => {
  expect(() => compile(options)).toThrow(complaint);
  expect(() => compile(options)).toThrow(expect.objectContaining({ reason: "INVALID_OPTION" }));
});

test("no refusal shows a token", () => {
  expect(() => compile({ token: "hunter2" })).toThrow(
    expect.not.objectContaining({ message: expect.stringContaining("hunter2") }),
  );
});
