import { call, contract, ReeveError, type Schema } from "@reeve/contract";
import { expect, test, vi } from "vitest";
import { z } from "zod";
import { failure } from "../../base/failure.test-kit.ts";
import { gate, Stage } from "../stage.fixture.ts";
import { expectAllHandled, maths, Sum, withAdd } from "./maths.fixture.ts";

expectAllHandled();

test("a synchronous handler and one that returns another library's promise are answered like any other", async () => {
  const { ref } = withAdd(({ a, b }) => a + b);
  expect(await ref.add({ a: 1, b: 2 })).toBe(3);
  const lazy = withAdd(({ a, b }) => ({
    // biome-ignore lint/suspicious/noThenProperty: a query builder has one
    then: (resolve: (value: number) => void) => resolve(a * b),
  }));
  expect(await lazy.ref.add({ a: 3, b: 4 })).toBe(12);
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

test("a declared error is as retryable as its contract says", async () => {
  const reasons = ["NO_MORE", "NOT_NOW"];
  for (const reason of reasons) {
    const { ref } = withAdd(async (_input, ctx) => ctx.fail(reason, { limit: 3 }));
    expect(await failure(ref.refuse({}))).toMatchObject({ reason, retryable: reason === "NOT_NOW" });
  }
});

test("a handler is told when its caller stops waiting, however it was called", async () => {
  const seen: number[] = [];
  const { ref, stage } = withAdd((_input, ctx) => seen.push(ctx.deadlineAt));
  await stage.clock.advance(1_000);
  await ref.add({ a: 1, b: 2 });
  await ref.add({ a: 1, b: 2 }, { timeout: "5s" });
  expect(seen).toEqual([61_000, 6_000]);
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
