import { call, cast, contract, ReeveError, type Schema } from "@reeve/contract";
import { afterEach, expect, test, vi } from "vitest";
import { z } from "zod";
import { failure, gate, Stage } from "./stage.fixture.ts";

const unhandled = vi.fn();
process.on("unhandledRejection", unhandled);

afterEach(async () => {
  await new Promise((resolve) => setImmediate(resolve));
  expect(unhandled).not.toHaveBeenCalled();
});

const Sum = z.object({ a: z.number(), b: z.number() });

const maths = contract("maths", "1.0", {
  add: call({ input: Sum, output: z.number() }),
  quick: call({ input: Sum, output: z.number(), timeout: "50ms" }),
  refuse: call({ input: z.object({}), errors: { NO_MORE: z.object({ limit: z.number() }) } }),
});

function withAdd(add: (input: any, ctx: any) => unknown) {
  const stage = new Stage();
  const member = stage.add(maths, { operations: { add, quick: add, refuse: add } });
  return { stage, member, ref: stage.ref(maths) };
}

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

test("a synchronous handler and one that returns another library's promise are answered like any other", async () => {
  const { ref } = withAdd(({ a, b }) => a + b);
  expect(await ref.add({ a: 1, b: 2 })).toBe(3);
  const lazy = withAdd(({ a, b }) => ({
    // biome-ignore lint/suspicious/noThenProperty: a query builder has one
    then: (resolve: (value: number) => void) => resolve(a * b),
  }));
  expect(await lazy.ref.add({ a: 3, b: 4 })).toBe(12);
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

test("a declared error keeps its reason, code and data; anything else becomes an id that the log explains", async () => {
  const { ref, stage } = withAdd(async (_input, ctx) => ctx.fail("NO_MORE", { limit: 3 }));
  const declared = await failure(ref.refuse({}));
  expect(declared).toMatchObject({ reason: "NO_MORE", code: "FAILED_PRECONDITION", data: { limit: 3 }, address: "a" });
  expect(stage.log.lines).toEqual([]);

  const bad = withAdd(async () => {
    throw new Error("password hunter2");
  });
  const undeclared = await failure(bad.ref.add({ a: 1, b: 2 }));
  expect(undeclared).toMatchObject({ reason: "UNDECLARED", code: "INTERNAL", outcome: "executed" });
  expect(undeclared.message).not.toContain("hunter2");
  const line = bad.stage.log.lines.find(({ fields }) => fields.errorId === undeclared.data.errorId);
  expect(line?.fields.err).toEqual(new Error("password hunter2"));
});

test.each([undefined, null, "text", 7, Symbol("s"), Object.create(null)])(
  "a handler that throws %o fails that call with a typed error",
  async (thrown) => {
    for (const add of [
      async () => {
        throw thrown;
      },
      () => {
        throw thrown;
      },
    ]) {
      const { ref, member } = withAdd(add);
      const error = await failure(ref.add({ a: 1, b: 2 }));
      expect(error).toBeInstanceOf(ReeveError);
      expect(error.reason).toBe("UNDECLARED");
      expect(member.service.mailbox.inFlight).toBe(0);
      expect(member.service.counters).toEqual({ calls: 1, errors: 1 });
    }
  },
);

test("an error of a nested call passes with the outcome of this one: the handler did run", async () => {
  const { ref } = withAdd(async () => {
    throw new ReeveError({ code: "UNAVAILABLE", reason: "NO_RESPONDERS", message: "gone", outcome: "never-sent" });
  });
  expect(await failure(ref.add({ a: 1, b: 2 }))).toMatchObject({ reason: "NO_RESPONDERS", outcome: "executed" });
});

test("a reason that only looks catalogued does not pass", async () => {
  const { ref } = withAdd(async () => {
    throw new ReeveError({ code: "INTERNAL", reason: "toString", message: "hm", outcome: "executed" });
  });
  expect(await failure(ref.add({ a: 1, b: 2 }))).toMatchObject({ reason: "UNDECLARED" });
});

test("an operation that the contract of the callee lacks is refused by name", async () => {
  const newer = contract("maths", "1.0", { add: call({ input: Sum }), sub: call({ input: Sum }) });
  const { stage } = withAdd(async () => 0);
  expect(await failure(stage.ref(newer).sub({ a: 1, b: 2 }))).toMatchObject({
    reason: "UNKNOWN_OPERATION",
    code: "UNIMPLEMENTED",
  });
});

test("a lane function that throws or gives no text fails the call before it runs, and leaves no key behind", async () => {
  const laned = contract("laned", "1.0", {
    bad: call({
      input: z.object({ id: z.string() }),
      lane: ({ id }) => {
        if (id === "throws") throw new Error("no such lane");
        return undefined as never;
      },
    }),
  });
  const stage = new Stage();
  const bad = vi.fn();
  stage.add(laned, { operations: { bad } });
  for (const id of ["throws", "nothing"]) {
    for (let i = 0; i < 2; i++) {
      const error = await failure(stage.ref(laned).bad({ id }, { idempotencyKey: id }));
      expect(error).toMatchObject({ reason: "UNDECLARED", outcome: "not-executed" });
    }
  }
  expect(bad).not.toHaveBeenCalled();
});

test("calls of one lane run one after the other, in order", async () => {
  const laned = contract("laned", "1.0", {
    write: call({ input: z.object({ id: z.string(), n: z.number() }), lane: ({ id }) => id }),
  });
  const stage = new Stage();
  const order: number[] = [];
  let inside = 0;
  stage.add(laned, {
    operations: {
      async write({ n }) {
        expect(++inside).toBe(1);
        await Promise.resolve();
        order.push(n);
        inside--;
      },
    },
  });
  await Promise.all([1, 2, 3, 4, 5].map((n) => stage.ref(laned).write({ id: "v1", n })));
  expect(order).toEqual([1, 2, 3, 4, 5]);
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

test("a running call passes on who it is for, and its manager as who calls", async () => {
  const stage = new Stage();
  const seen: unknown[] = [];
  const inner = contract("inner", "1.0", { look: call({ input: z.object({}) }) });
  const outer = contract("outer", "1.0", { go: call({ input: z.object({}) }) });
  stage.add(inner, {
    operations: { look: (_input, ctx) => void seen.push([ctx.peer, ctx.principal, ctx.requestId]) },
  });
  stage.add(outer, {
    operations: {
      async go(_input, ctx) {
        seen.push([ctx.peer, ctx.principal, ctx.requestId]);
        await ctx.ref(inner).look({});
      },
    },
  });
  const principal = { user: "ada", tenant: "t1", roles: ["admin"] };
  await stage.ref(outer, principal).go({});
  expect(seen).toEqual([
    ["script", principal, "id-1"],
    ["outer/a", principal, "id-1"],
  ]);
});

test("the log of a call is bound to its request and operation", async () => {
  const { ref, stage } = withAdd(async ({ a, b }, ctx) => {
    ctx.log.info({ step: 1 }, "adding");
    return a + b;
  });
  await ref.add({ a: 1, b: 2 });
  expect(stage.log.lines).toContainEqual({
    level: "info",
    message: "adding",
    fields: { requestId: "id-1", operation: "add", step: 1 },
  });
});

test("a mistake with ctx.fail is the manager's, not the caller's", async () => {
  const wrong: ((ctx: any) => unknown)[] = [
    (ctx) => ctx.fail("UNKNOWN_REASON", {}),
    (ctx) => ctx.fail("NO_MORE", { limit: "three" }),
  ];
  for (const fail of wrong) {
    const { ref } = withAdd(async (_input, ctx) => fail(ctx));
    const error = await failure(ref.refuse({}));
    expect(["UNDECLARED", "INVALID_OUTPUT"]).toContain(error.reason);
    expect(error.outcome).toBe("executed");
  }
});

test("a full mailbox refuses before it looks at the input; a nested call is not refused", async () => {
  const stage = new Stage();
  const validate = vi.fn((value: unknown) => ({ value }));
  const input: Schema = { "~standard": { version: 1, vendor: "test", validate } };
  const busy = contract("busy", "1.0", { hold: call({ input }), inner: call({ input, output: z.any() }) });
  const held = gate();
  stage.add(
    busy,
    {
      operations: {
        async hold(_input, ctx) {
          await held.passed;
          expect(await ctx.ref(busy).inner({ checked: true })).toEqual({ checked: true });
        },
        inner: async (given) => given,
      },
    },
    { limits: { maxInFlight: 1, maxQueued: 0 } },
  );
  const holding = stage.ref(busy).hold({});
  expect(await failure(stage.ref(busy).hold({}))).toMatchObject({ reason: "MAILBOX_FULL" });
  expect(validate).toHaveBeenCalledTimes(1);
  held.open();
  await holding;
});

test("an incarnation that ends tells running calls so and sends waiting ones elsewhere", async () => {
  const stage = new Stage();
  const never = gate();
  const first = stage.add(maths, { operations: { add: () => never.passed } as never }, { limits: { maxInFlight: 1 } });
  const running = failure(stage.ref(maths).add({ a: 1, b: 1 }));
  const waiting = stage.ref(maths).add({ a: 2, b: 3 });
  stage.add(maths, { operations: { add: ({ a, b }: any) => a + b } as never }, { address: "b" });
  const lost = new ReeveError({ code: "UNAVAILABLE", reason: "PEER_LOST", message: "died", outcome: "maybe-executed" });
  first.service.abandonAll(lost);
  expect(await running).toBe(lost);
  expect(await waiting).toBe(5);
  expect(stage.wheel.size).toBe(0);
});

test("a cast resolves once it is taken in; that it failed or was lost later is told by the log", async () => {
  const casts = contract("casts", "1.0", {
    note: cast({ input: z.object({ n: z.number() }), timeout: "1s" }),
  });
  const stage = new Stage();
  const held = gate();
  const member = stage.add(
    casts,
    {
      operations: {
        async note({ n }) {
          if (n === 0) await held.passed;
          throw new Error("no");
        },
      },
    },
    { limits: { maxInFlight: 1 } },
  );
  const ref = stage.ref(casts);
  await ref.note({ n: 0 });
  await ref.note({ n: 1 });
  expect(member.service.mailbox.queued).toBe(1);
  expect(await failure(ref.note({ n: "x" } as never))).toMatchObject({ reason: "INVALID_INPUT" });
  member.setMode("closed", "draining");
  await stage.settle();
  const lost = () => stage.log.lines.filter(({ message }) => message === "a cast was lost or failed");
  expect(lost().map(({ fields }) => (fields.err as ReeveError).reason)).toEqual(["NOT_SERVING"]);
  held.open();
  await stage.settle();
  expect(lost().map(({ fields }) => (fields.err as ReeveError).reason)).toEqual(["NOT_SERVING", "UNDECLARED"]);
  expect(await failure(ref.note({ n: 2 }))).toMatchObject({ reason: "NOT_SERVING" });
});

test("a cast whose handler throws at once was still taken in", async () => {
  const casts = contract("casts", "1.0", { note: cast({ input: z.object({}) }) });
  const stage = new Stage();
  stage.add(casts, {
    operations: {
      note: () => {
        throw new Error("no");
      },
    },
  });
  await stage.ref(casts).note({});
  await stage.settle();
  expect(stage.log.lines.map(({ message }) => message)).toContain("a cast was lost or failed");
});

test("a cast outlives the operation that sent it, and may come back to its lane", async () => {
  const stage = new Stage();
  const held = gate();
  const done: string[] = [];
  const lane = () => "one";
  const both = contract("both", "1.0", {
    work: call({ input: z.object({}), lane, timeout: "100ms" }),
    tidy: cast({ input: z.object({}), lane }),
  });
  stage.add(both, {
    operations: {
      async work(_input, ctx) {
        await ctx.ref(both).tidy({});
        done.push("sent");
        await held.passed;
      },
      tidy: async (_input, ctx) => {
        expect(ctx.signal.aborted).toBe(false);
        done.push("tidied");
      },
    },
  });
  const working = failure(stage.ref(both).work({}));
  await stage.clock.advance(200);
  expect(await working).toMatchObject({ reason: "DEADLINE_EXCEEDED" });
  expect(done).toEqual(["sent"]);
  held.open();
  await stage.settle();
  expect(done).toEqual(["sent", "tidied"]);
});
