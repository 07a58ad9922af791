import { call, contract, type Schema } from "@reeve/contract";
import { expect, test, vi } from "vitest";
import { z } from "zod";
import { failure } from "../../base/failure.test-kit.ts";
import { gate, Stage } from "../stage.fixture.ts";
import { expectAllHandled, withAdd } from "./maths.fixture.ts";

expectAllHandled();

test("the callee reads what its schema made of the input, and the caller what it made of the answer", async () => {
  const scaled = contract("scaled", "1.0", {
    twice: call({
      input: z.object({ n: z.number().default(4) }),
      output: z.number().transform((n) => `is ${n}`),
    }),
  });
  const stage = new Stage();
  stage.add(scaled, { operations: { twice: async ({ n }) => n * 2 } });
  expect(await stage.ref(scaled).twice({})).toBe("is 8");
});

test("an input that the schema refuses is told what is wrong and where, and never reaches the handler", async () => {
  const add = vi.fn();
  const { ref } = withAdd(add);
  const error = await failure(ref.add({ a: 1, b: "2" } as never));
  expect(error).toMatchObject({ reason: "INVALID_INPUT", code: "INVALID_ARGUMENT", outcome: "not-executed" });
  expect(error.data.issues[0].path).toBe("b");
  expect(add).not.toHaveBeenCalled();
});

test("an input that makes the schema itself throw fails that call and nothing else", async () => {
  const hostile = contract("hostile", "1.0", {
    check: call({
      input: z.object({}).refine(() => {
        throw new Error("secret path /etc/shadow");
      }),
    }),
    other: call({ input: z.object({}) }),
  });
  const stage = new Stage();
  stage.add(hostile, { operations: { check: async () => {}, other: async () => {} } });
  const error = await failure(stage.ref(hostile).check({}));
  expect(error).toMatchObject({ reason: "UNDECLARED", outcome: "not-executed" });
  expect(error.message).not.toContain("shadow");
  await stage.ref(hostile).other({});
});

test("an answer that its own schema refuses is INVALID_OUTPUT, executed, and logged", async () => {
  const { ref, stage } = withAdd(async () => "three");
  expect(await failure(ref.add({ a: 1, b: 2 }))).toMatchObject({ reason: "INVALID_OUTPUT", outcome: "executed" });
  expect(stage.log.lines.filter(({ level }) => level === "error")).toHaveLength(1);
});

test("a schema that checks asynchronously holds for input and answer", async () => {
  const later = contract("later", "1.0", {
    double: call({
      input: z.object({ n: z.number().refine(async (n) => n > 0) }),
      output: z.number().refine(async (n) => n < 100),
    }),
  });
  const stage = new Stage();
  stage.add(later, { operations: { double: ({ n }) => n * 2 } });
  const ref = stage.ref(later);
  expect(await ref.double({ n: 4 })).toBe(8);
  expect(await failure(ref.double({ n: -1 }))).toMatchObject({ reason: "INVALID_INPUT" });
  expect(await failure(ref.double({ n: 60 }))).toMatchObject({ reason: "INVALID_OUTPUT" });
});

test("inputs that are checked asynchronously are bounded as well, and a call cancelled meanwhile never runs", async () => {
  const held = gate();
  const slow = contract("slow", "1.0", {
    check: call({
      input: z.object({}).refine(async () => {
        await held.passed;
        return true;
      }),
    }),
  });
  const stage = new Stage();
  const check = vi.fn();
  stage.add(slow, { operations: { check } }, { limits: { maxQueued: 2 } });
  const ref = stage.ref(slow);
  const leaving = new AbortController();
  const cancelled = failure(ref.check({}, { signal: leaving.signal }));
  const others = [ref.check({}), ref.check({})];
  expect(await failure(ref.check({}))).toMatchObject({ reason: "MAILBOX_FULL" });
  leaving.abort();
  expect(await cancelled).toMatchObject({ reason: "CANCELLED", outcome: "not-executed" });
  held.open();
  await Promise.all(others);
  expect(check).toHaveBeenCalledTimes(2);
});

test("an asynchronous check that throws or outlives the deadline ends the call with the right error", async () => {
  const held = gate<{ value: unknown }>();
  const input: Schema = { "~standard": { version: 1, vendor: "test", validate: () => held.passed } };
  const slow = contract("slow", "1.0", { check: call({ input, timeout: "100ms" }) });
  const stage = new Stage();
  const check = vi.fn();
  stage.add(slow, { operations: { check } });
  const late = failure(stage.ref(slow).check({}));
  await stage.clock.advance(200);
  expect(await late).toMatchObject({ reason: "DEADLINE_EXCEEDED", outcome: "not-executed" });
  const broken = failure(stage.ref(slow).check({}));
  held.fail(new Error("checker down"));
  expect(await broken).toMatchObject({ reason: "UNDECLARED", outcome: "not-executed" });
  expect(check).not.toHaveBeenCalled();
});

test("a caller cannot see what the callee does to its input, nor the callee what the caller does to the answer", async () => {
  const open = contract("open", "1.0", {
    put: call({ input: z.object({ tags: z.any() }), output: z.any() }),
    whole: call({ input: z.any(), output: z.any() }),
  });
  const stage = new Stage();
  const state = { tags: ["kept"], at: new Date(0), bytes: Buffer.from("abc") };
  stage.add(open, {
    operations: {
      async put({ tags }) {
        tags.push("from the callee");
        return state;
      },
      async whole(input) {
        input.tags.push("from the callee");
        return state;
      },
    },
  });
  const input = { tags: ["mine"] };
  const answer = await stage.ref(open).put(input);
  await stage.ref(open).whole(input);
  expect(input).toEqual({ tags: ["mine"] });
  expect(answer).toEqual(state);
  answer.tags.push("from the caller");
  answer.at.setTime(9);
  answer.bytes[0] = 0;
  expect(state).toEqual({ tags: ["kept"], at: new Date(0), bytes: Buffer.from("abc") });
});

test("nor where the schema says that there are only scalars, and gives back what it was given", async () => {
  const validate = (value: unknown) => ({ value });
  const describe = () => ({ type: "object", properties: { n: { type: "number" } }, additionalProperties: false });
  const same: Schema = {
    "~standard": { version: 1, vendor: "test", validate, jsonSchema: { input: describe, output: describe } } as never,
  };
  const scalars = contract("scalars", "1.0", { put: call({ input: same, output: same }) });
  const stage = new Stage();
  const state = { n: 1 };
  stage.add(scalars, {
    operations: {
      async put(input) {
        input.n = 9;
        return state;
      },
    },
  });
  const input = { n: 5 };
  const answer = (await stage.ref(scalars).put(input)) as { n: number };
  expect(input).toEqual({ n: 5 });
  answer.n = 7;
  expect(state).toEqual({ n: 1 });
});

test("answers are frozen where asked for, the manager's own objects never", async () => {
  const open = contract("open", "1.0", { get: call({ input: z.object({}), output: z.any() }) });
  const stage = new Stage();
  const state = { list: [{ n: 1 }] };
  stage.add(open, { operations: { get: async () => state } }, { freeze: true });
  const answer = await stage.ref(open).get({});
  expect(() => answer.list[0].n++).toThrow(TypeError);
  state.list.push({ n: 2 });
  expect(state.list).toHaveLength(2);
});
