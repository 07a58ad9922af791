import { expect, test } from "vitest";
import { z } from "zod";
import { contract } from "./contract.ts";
import { type AnyOperation, call, cast, stream } from "./operation.ts";
import { paged } from "./paged.ts";
import type { ReeveError } from "./reeve-error.ts";

const input = z.object({ id: z.string() });
const refusal = (define: () => unknown): ReeveError => {
  try {
    define();
  } catch (error) {
    return error as ReeveError;
  }
  return expect.fail("it was not refused");
};
const withOperation = (name: string, operation: AnyOperation) => () => contract("volume", "1.2", { [name]: operation });

test("defaults are filled in once, durations become milliseconds", () => {
  const { operations, major, minor } = contract("volume", "1.2", {
    get: call({ input, output: input }),
    extend: call({ input, route: "owner", since: "1.1", timeout: "2m", lane: ({ id }) => id, idempotent: true }),
    list: paged({ filter: input, item: input }),
  });
  expect({ major, minor }).toEqual({ major: 1, minor: 2 });
  expect(operations.get("get")).toMatchObject({ route: "any", timeoutMs: 60_000, sinceMinor: 0, idempotent: false });
  expect(operations.get("extend")).toMatchObject({
    route: "owner",
    timeoutMs: 120_000,
    sinceMinor: 1,
    idempotent: true,
  });
  expect(operations.get("list")).toMatchObject({ kind: "call", idempotent: true });
});

test("a declared error is FAILED_PRECONDITION unless it says otherwise", () => {
  const { operations } = contract("volume", "1.0", {
    create: call({ input, errors: { FULL: { code: "RESOURCE_EXHAUSTED", data: input }, LOCKED: input } }),
  });
  expect(operations.get("create")?.errors.get("FULL")?.code).toBe("RESOURCE_EXHAUSTED");
  expect(operations.get("create")?.errors.get("LOCKED")?.code).toBe("FAILED_PRECONDITION");
});

test("a declared error is not retryable unless it says so", () => {
  const { operations } = contract("volume", "1.0", {
    create: call({
      input,
      errors: {
        AWAY: { code: "UNAVAILABLE", data: input, retryable: true },
        FULL: { code: "RESOURCE_EXHAUSTED", data: input },
        LOCKED: input,
      },
    }),
  });
  expect([...operations.get("create")!.errors].map(([reason, { retryable }]) => [reason, retryable])).toEqual([
    ["AWAY", true],
    ["FULL", false],
    ["LOCKED", false],
  ]);
});

test.each(["", "Volume", "vol.ume", "vol ume", "*", "v".repeat(64), 5])("the name %j is refused", (name) => {
  const error = refusal(() => contract(name as string, "1.0", {}));
  expect(error).toMatchObject({ code: "INVALID_ARGUMENT", reason: "INVALID_OPTION" });
  expect(error.message).toContain(JSON.stringify(name));
});

test.each(["1", "1.0.0", "01.0", "-1.0", "a.b", ""])("the version %j is refused", (version) => {
  expect(refusal(() => contract("volume", version as "1.0", {})).message).toContain(
    `contract volume: version: expected "major.minor", got "${version}"`,
  );
});

test.each(["at", "all", "supports", "then", "constructor", "toJSON"])("the operation name %s is reserved", (name) => {
  expect(refusal(withOperation(name, call({ input }))).message).toContain(`operation "${name}": the name is reserved`);
});

test("two operations that differ only in case are refused, naming both", () => {
  const define = () => contract("volume", "1.0", { getAll: call({ input }), getall: call({ input }) });
  expect(refusal(define).message).toMatch(/"getall": duplicate of "getAll"/);
});

const wrong = (options: object) => call({ input, ...options } as Parameters<typeof call>[0]);
test.each<[string, AnyOperation, RegExp]>([
  ["a name with a dot", call({ input }), /operation "a\.b": the name must match/],
  [
    "since above the version",
    wrong({ since: "1.3" }),
    /since: expected a version up to the contract's 1\.2, of the same major, got 1\.3/,
  ],
  ["since of another major", wrong({ since: "0.9" }), /since: expected .* got 0\.9/],
  ["a malformed since", wrong({ since: "one" }), /since: expected "major\.minor", got "one"/],
  ["a bad duration", wrong({ timeout: "soon" }), /timeout: expected milliseconds .*, got "soon"/],
  ["a negative duration", wrong({ timeout: -1 }), /timeout: expected milliseconds .*, got -1/],
  ["no time at all", wrong({ timeout: 0 }), /timeout: expected more than 0/],
  ["an unknown route", wrong({ route: "nearest" }), /route: expected one of any, owner, address, got "nearest"/],
  ["an input other than a schema", wrong({ input: { id: "string" } }), /input: expected a Standard Schema/],
  ["an output other than a schema", wrong({ output: "text" }), /output: expected a Standard Schema/],
  ["a lane other than a function", wrong({ lane: "id" }), /lane: expected a function/],
  ["an unknown dedupe", wrong({ dedupe: "memory" }), /dedupe: expected "store", got "memory"/],
  ["a misspelt option", wrong({ ouput: input }), /unknown option "ouput"; a call has input, route, .*output, errors/],
  ["an answer of a cast", cast({ input, output: input } as never), /unknown option "output"; a cast has input, route/],
  [
    "a stream's key that is kept nowhere",
    stream({ input, progress: input, dedupe: "memory" } as never),
    /dedupe: expected "store", got "memory"/,
  ],
  ["a word for idempotent", wrong({ idempotent: "yes" }), /idempotent: expected true or false, got "yes"/],
  ["roles other than an array", wrong({ roles: "admin" }), /roles: expected an array of role names, got "admin"/],
  [
    "roles that nobody has",
    wrong({ roles: [] }),
    /roles: expected at least one role; \["\*"\] says everybody, got \[\]/,
  ],
  ["a role without a name", wrong({ roles: ["admin", ""] }), /roles: expected names of 1 to 256 characters/],
  ["everybody and somebody", wrong({ roles: ["*", "admin"] }), /roles: expected "\*" alone, which says everybody/],
  ["durable", cast({ input, durable: "yes" as never }), /durable: expected true or false, got "yes"/],
  ["onDeadLetter", cast({ input, durable: true, onDeadLetter: "go" as never }), /expected "stop" or "skip", got "go"/],
  ["onDeadLetter", cast({ input, onDeadLetter: "skip" }), /onDeadLetter: only a durable cast has dead letters/],
  ["a lower-case reason", wrong({ errors: { full: input } }), /error "full": expected a reason that matches/],
  [
    "a reason of the runtime's own",
    wrong({ errors: { FENCED: input } }),
    /error "FENCED": the runtime uses this reason/,
  ],
  ["an error without data", wrong({ errors: { FULL: {} } }), /error "FULL": give the schema of its data/],
  [
    "a word for retryable",
    wrong({ errors: { FULL: { code: "UNAVAILABLE", data: input, retryable: "yes" } } }),
    /error "FULL": retryable: expected true or false, got "yes"/,
  ],
  [
    "an error with a wrong code",
    wrong({ errors: { FULL: { code: "TEAPOT", data: input } } }),
    /code: expected a gRPC status name .*, got "TEAPOT"/,
  ],
  [
    "a stream without progress",
    stream({ input, progress: undefined as never }),
    /progress: expected a Standard Schema/,
  ],
  ["a plain object", { kind: "rpc" } as never, /make it with call\(\), cast\(\), stream\(\) or paged\(\)/],
])("%s is refused, naming the operation", (what, operation, message) => {
  const name = what === "a name with a dot" ? "a.b" : "create";
  const error = refusal(withOperation(name, operation));
  expect(error.reason).toBe("INVALID_OPTION");
  expect(error.message).toMatch(message);
  expect(error.message).toContain(`contract volume: operation "${name}"`);
});

test("roles are kept as they were when the operation was defined; without any the operation is everybody's", () => {
  const roles = ["operator", "admin"];
  const { operations } = contract("volume", "1.0", {
    forget: call({ input, roles }),
    purge: cast({ input, roles: ["*"] }),
    list: paged({ filter: input, item: input, roles }),
    copy: stream({ input, progress: input, roles }),
    get: call({ input }),
  });
  roles.push("guest");
  expect([...operations.values()].map(({ name, roles }) => [name, roles])).toEqual([
    ["forget", ["operator", "admin"]],
    ["purge", ["*"]],
    ["list", ["operator", "admin"]],
    ["copy", ["operator", "admin"]],
    ["get", undefined],
  ]);
});

test("where access is listed, an operation that says nothing of roles is refused by name", () => {
  const roles = ["*"];
  const listed = { access: "listed" } as const;
  expect(contract("volume", "1.0", { get: call({ input, roles }) }, listed).operations.size).toBe(1);
  for (const open of [
    call({ input }),
    cast({ input }),
    stream({ input, progress: input }),
    paged({ filter: input, item: input }),
  ]) {
    const error = refusal(() => contract("volume", "1.0", { get: call({ input, roles }), forget: open }, listed));
    expect(error).toMatchObject({ reason: "INVALID_OPTION" });
    expect(error.message).toBe(
      `contract volume: operation "forget": roles: the contract's access is "listed"; name the roles that may call it, or ["*"] for everybody`,
    );
  }
});

test.each([
  [{ access: "closed" }, 'contract volume: access: expected "open" or "listed", got "closed"'],
  [{ acces: "listed" }, 'contract volume: unknown option "acces"; a contract has access'],
  [null, "contract volume: options: expected an object, got null"],
])("the contract options %j are refused", (options, message) => {
  expect(refusal(() => contract("volume", "1.0", {}, options as never))).toMatchObject({
    reason: "INVALID_OPTION",
    message,
  });
});
