import { call, contract, type ReeveError } from "@reeve/contract";
import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { z } from "zod";
import { failure } from "../../base/failure.test-kit.ts";
import type { Origin } from "../origin.ts";
import { type Gate, gate, Stage } from "../stage.fixture.ts";

const Nothing = z.object({});

const slow = contract("slow", "1.0", {
  wait: call({ input: Nothing, output: z.string(), timeout: "5s" }),
  laned: call({ input: Nothing, lane: () => "only", timeout: "5s" }),
});

/** A manager whose handlers wait until the test lets them go. */
function slowStage(limits: { maxInFlight?: number; maxQueued?: number } = {}) {
  const stage = new Stage();
  const begun: { ctx: any; gate: Gate<unknown> }[] = [];
  const handler = (_input: unknown, ctx: unknown) => {
    const held = gate<unknown>();
    begun.push({ ctx, gate: held });
    return held.passed;
  };
  const member = stage.add(slow, { operations: { wait: handler, laned: handler } }, { limits });
  return { stage, member, begun, ref: stage.ref(slow) };
}

test("a deadline ends the wait, never early and at most two ticks late, and aborts the handler", async () => {
  const { stage, begun, ref } = slowStage();
  let endedAt: number | undefined;
  const waiting = failure(ref.wait({})).finally(() => {
    endedAt = stage.clock.now();
  });
  await stage.clock.advance(4_999);
  expect(endedAt).toBeUndefined();
  await stage.clock.advance(41);
  const error = await waiting;
  expect(error).toMatchObject({ reason: "DEADLINE_EXCEEDED", outcome: "maybe-executed" });
  expect(endedAt).toBeLessThanOrEqual(5_040);
  expect(begun[0]!.ctx.signal.aborted).toBe(true);
  expect(begun[0]!.ctx.signal.reason).toBe(error);
});

test("a short deadline is at most one tick late", async () => {
  const { stage, ref } = slowStage();
  const waiting = failure(ref.wait({}, { timeout: 30 }));
  await stage.clock.advance(50);
  expect(await waiting).toMatchObject({ reason: "DEADLINE_EXCEEDED" });
});

test("a call whose deadline passes while it waits never runs", async () => {
  const { stage, begun, ref } = slowStage({ maxInFlight: 1 });
  const first = ref.wait({}, { timeout: "1m" });
  const second = failure(ref.wait({}, { timeout: "1s" }));
  await stage.clock.advance(1_100);
  expect(await second).toMatchObject({ reason: "DEADLINE_EXCEEDED", outcome: "not-executed" });
  begun[0]!.gate.open("done");
  expect(await first).toBe("done");
  expect(begun).toHaveLength(1);
});

test("an answer after the deadline is dropped, and slot and lane are free from then on", async () => {
  const { stage, member, begun, ref } = slowStage();
  const late = failure(ref.laned({}));
  const behind = ref.laned({}, { timeout: "1m" });
  await stage.clock.advance(5_100);
  expect(await late).toMatchObject({ reason: "DEADLINE_EXCEEDED" });
  expect(member.service.mailbox.inFlight).toBe(1);
  expect(begun).toHaveLength(1);
  begun[0]!.gate.open(undefined);
  await stage.settle();
  expect(begun).toHaveLength(2);
  begun[1]!.gate.open(undefined);
  await behind;
  expect(member.service.mailbox.inFlight).toBe(0);
});

test("a handler that fails because it heeded its signal is no defect", async () => {
  const stage = new Stage();
  stage.add(slow, {
    operations: {
      wait: (_input, ctx) =>
        new Promise((_resolve, reject) => {
          ctx.signal.addEventListener("abort", () => reject(new DOMException("aborted", "AbortError")));
        }),
      laned: () => {},
    },
  });
  const leaving = new AbortController();
  const waiting = failure(stage.ref(slow).wait({}, { signal: leaving.signal }));
  leaving.abort();
  expect(await waiting).toMatchObject({ reason: "CANCELLED", outcome: "maybe-executed" });
  await stage.settle();
  expect(stage.log.lines.filter(({ level }) => level === "error")).toEqual([]);
});

test("a caller that cancels tells why; one that comes cancelled is not sent at all", async () => {
  const { begun, member, ref } = slowStage();
  const leaving = new AbortController();
  const waiting = failure(ref.wait({}, { signal: leaving.signal }));
  leaving.abort("bored");
  expect(await waiting).toMatchObject({ reason: "CANCELLED", cause: "bored" });
  expect(begun[0]!.ctx.signal.aborted).toBe(true);
  expect(await failure(ref.wait({}, { signal: leaving.signal }))).toMatchObject({
    reason: "CANCELLED",
    outcome: "never-sent",
  });
  expect(member.received).toHaveLength(1);
});

test("a long-lived signal keeps nothing of the calls that used it", async () => {
  const { stage, begun, ref } = slowStage();
  const { signal } = new AbortController();
  const add = vi.spyOn(signal, "addEventListener");
  const remove = vi.spyOn(signal, "removeEventListener");
  const answers = Array.from({ length: 20 }, () => ref.wait({}, { signal }));
  for (const { gate } of begun) gate.open("done");
  await Promise.all(answers);
  await stage.settle();
  expect(add).toHaveBeenCalledTimes(20);
  expect(remove).toHaveBeenCalledTimes(20);
});

test.each([
  [{ timeout: "soon" }, "timeout"],
  [{ timeout: -1 }, "timeout"],
  [{ signal: {} }, "signal"],
  [{ idempotencyKey: "" }, "idempotencyKey"],
  [{ idempotencyKey: 7 }, "idempotencyKey"],
  [{ idempotencyKey: "k".repeat(257) }, "idempotencyKey"],
  [{ timeOut: "1s" }, 'unknown option "timeOut"; did you mean "timeout"'],
  ["1s", 'wait: options: expected an options object, got "1s"'],
  [5, "options: expected an options object, got 5"],
  [null, "options: expected an options object, got null"],
])("the option %o is refused by name", async (options, field) => {
  const { member, ref, stage } = slowStage();
  const error = await failure(ref.wait({}, options as never));
  expect(error).toMatchObject({ reason: "INVALID_OPTION" });
  expect(error.message).toContain(field);
  expect(member.received).toEqual([]);
  expect(stage.wheel.size).toBe(0);
});

test("no time at all is refused before anything is sent", async () => {
  const { member, ref, stage } = slowStage();
  expect(await failure(ref.wait({}, { timeout: 0 }))).toMatchObject({
    reason: "DEADLINE_EXCEEDED",
    outcome: "never-sent",
  });
  expect(member.received).toEqual([]);
  expect(stage.wheel.size).toBe(0);
});

/** `outer.go` calls `inner.work` and waits for it. */
function nestedStage() {
  const stage = new Stage();
  const inner = contract("inner", "1.0", { work: call({ input: Nothing, timeout: "1m" }) });
  const outer = contract("outer", "1.0", { go: call({ input: Nothing, timeout: "10s" }) });
  const held = gate<unknown>();
  const work = vi.fn((_input: unknown, _ctx: any) => held.passed);
  const thrown: unknown[] = [];
  const member = stage.add(inner, { operations: { work } });
  let before: Promise<unknown> = Promise.resolve();
  stage.add(outer, {
    operations: {
      async go(_input, ctx) {
        await before;
        await ctx
          .ref(inner)
          .work({})
          .catch((error: unknown) => {
            thrown.push(error);
            throw error;
          });
      },
    },
  });
  return { stage, member, outer, held, work, thrown, waitFirst: (promise: Promise<unknown>) => (before = promise) };
}

test("a nested call inherits what is left of its caller's time", async () => {
  const { stage, member, outer, waitFirst } = nestedStage();
  const pause = gate();
  waitFirst(pause.passed);
  const going = failure(stage.ref(outer).go({}));
  await stage.clock.advance(8_000);
  pause.open();
  await stage.settle();
  expect(member.received[0]!.deadlineAt).toBeLessThanOrEqual(10_020);
  await stage.clock.advance(2_100);
  expect(await going).toMatchObject({ reason: "DEADLINE_EXCEEDED" });
  // The inner handler ignores its signal: it is watched for hanging.
  await stage.settle();
  expect(stage.wheel.size).toBe(1);
});

test("a nested call that begins when its caller's time is up is not sent", async () => {
  const { stage, member, outer, waitFirst, thrown } = nestedStage();
  const pause = gate();
  waitFirst(pause.passed);
  const going = failure(stage.ref(outer).go({}));
  await stage.clock.advance(10_100);
  pause.open();
  await going;
  await stage.settle();
  expect(thrown).toMatchObject([{ outcome: "never-sent" }]);
  expect(member.received).toEqual([]);
});

test("a call that was cancelled makes no more calls", async () => {
  const { stage, member, outer, waitFirst, thrown } = nestedStage();
  const pause = gate();
  waitFirst(pause.passed);
  const leaving = new AbortController();
  const going = failure(stage.ref(outer).go({}, { signal: leaving.signal }));
  await stage.settle();
  leaving.abort();
  await going;
  pause.open();
  await stage.settle();
  expect(thrown).toMatchObject([{ reason: "CANCELLED", outcome: "never-sent" }]);
  expect(member.received).toEqual([]);
});

test("cancelling a call cancels the calls it waits for, and keeps nothing of them", async () => {
  const { stage, member, outer, work, thrown } = nestedStage();
  const leaving = new AbortController();
  const going = failure(stage.ref(outer).go({}, { signal: leaving.signal }));
  await stage.settle();
  leaving.abort();
  expect(await going).toMatchObject({ reason: "CANCELLED" });
  await stage.settle();
  expect(work.mock.calls[0]![1].signal.aborted).toBe(true);
  expect(thrown).toMatchObject([{ reason: "CANCELLED" }]);
  expect(member.received[0]!.settled).toBe(true);
});

test("a call that has ended is forgotten by the one that made it", async () => {
  const { stage, outer, held, member } = nestedStage();
  const origin: Origin & { adopted: number } = {
    adopted: 0,
    peer: "hook",
    principal: { user: "hook", roles: [] },
    requestId: "r",
    deadlineAt: Number.POSITIVE_INFINITY,
    link: undefined,
    waits: true,
    adopt: () => {
      origin.adopted++;
      return () => origin.adopted--;
    },
  };
  const going = stage.refFrom(outer, origin).go({});
  await stage.settle();
  expect(origin.adopted).toBe(1);
  held.open(undefined);
  await going;
  expect(origin.adopted).toBe(0);
  await failure(stage.refFrom(outer, { ...origin, deadlineAt: -1, adopt: origin.adopt! }).go({}));
  await failure(stage.refFrom(outer, origin).go({}, { signal: AbortSignal.abort() }));
  expect(origin.adopted).toBe(0);
  expect(member.service.mailbox.inFlight).toBe(0);
});

test("an origin that ends takes its calls with it", async () => {
  const { begun, stage } = slowStage();
  const nested = new Set<{ cancel(reason: unknown): void }>();
  const origin: Origin = {
    peer: "hook",
    principal: { user: "hook", roles: [] },
    requestId: "r",
    deadlineAt: Number.POSITIVE_INFINITY,
    link: undefined,
    waits: true,
    adopt: (one) => {
      nested.add(one);
      return () => nested.delete(one);
    },
  };
  const waiting = failure(stage.refFrom(slow, origin).wait({}));
  for (const one of nested) one.cancel("the hook ended");
  expect(await waiting).toMatchObject({ reason: "CANCELLED", cause: "the hook ended" });
  expect(begun[0]!.ctx.signal.aborted).toBe(true);
  expect(nested.size).toBe(0);
});

test("a call outlives no origin that has a deadline, whatever it is", async () => {
  const { stage } = slowStage();
  const origin: Origin = {
    peer: "hook",
    principal: { user: "hook", roles: [] },
    requestId: "r",
    deadlineAt: 2_000,
    link: undefined,
    waits: true,
  };
  const waiting = failure(stage.refFrom(slow, origin).wait({}));
  await stage.clock.advance(2_020);
  expect(await waiting).toMatchObject({ reason: "DEADLINE_EXCEEDED" });
});

test("a call that does not wait is refused by a manager that is still starting", async () => {
  const { stage, member, ref } = slowStage();
  member.setMode("paused", "booting");
  const origin: Origin = {
    peer: "hook",
    principal: { user: "hook", roles: [] },
    requestId: undefined,
    deadlineAt: Number.POSITIVE_INFINITY,
    link: undefined,
    waits: false,
  };
  expect(await failure(stage.refFrom(slow, origin).wait({}))).toMatchObject({
    reason: "NOT_SERVING",
    data: { state: "booting" },
  });
  const waiting = ref.wait({});
  expect(member.service.mailbox.queued).toBe(1);
  waiting.catch(() => {});
});

test("a handler that ignores its signal past twice its deadline is named, until it ends", async () => {
  const { stage, member, begun, ref } = slowStage();
  const calls = [failure(ref.wait({})), failure(ref.laned({}))];
  await stage.clock.advance(9_900);
  expect(member.hung).toEqual([]);
  await stage.clock.advance(200);
  expect(member.hung).toEqual(["wait"]);
  await Promise.all(calls);
  begun[0]!.gate.open("late");
  await stage.settle();
  // The other one hangs still, and is named in its place.
  expect(member.hung).toEqual(["wait", "laned"]);
  expect(member.unhung()).toBe(0);
  begun[1]!.gate.fail(new Error("late too"));
  await stage.settle();
  expect(member.unhung()).toBe(1);
  expect(stage.wheel.size).toBe(0);
});

test("a handler that ends between its deadline and twice that was only late", async () => {
  const { stage, member, begun, ref } = slowStage();
  const waiting = failure(ref.wait({}));
  await stage.clock.advance(6_000);
  await waiting;
  begun[0]!.gate.open("late");
  await stage.clock.advance(60_000);
  expect(member.hung).toEqual([]);
  expect(stage.clock.pending).toBe(0);
});

test("a call cancelled at once is watched for hanging by the time it was given", async () => {
  const { stage, member, ref } = slowStage();
  const leaving = new AbortController();
  const waiting = failure(ref.wait({}, { signal: leaving.signal }));
  leaving.abort();
  await waiting;
  await stage.clock.advance(9_900);
  expect(member.hung).toEqual([]);
  await stage.clock.advance(200);
  expect(member.hung).toEqual(["wait"]);
});

test("whatever comes first settles a call, and everything it held is given back in the end", async () => {
  const action = fc.constantFrom("answer", "throw", "cancel", "pass the deadline", "end the incarnation");
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(action, action), { minLength: 1, maxLength: 8 }),
      fc.integer({ min: 1, max: 3 }),
      async (plays, maxInFlight) => {
        const { stage, member, begun, ref } = slowStage({ maxInFlight });
        const outcomes: string[] = [];
        const leavers = plays.map(() => new AbortController());
        const calls = plays.map((_, index) =>
          ref.wait({}, { signal: leavers[index]!.signal, timeout: 1_000 * (index + 1) }).then(
            () => outcomes.push("answered"),
            (error: ReeveError) => outcomes.push(error.reason),
          ),
        );
        const lost = Object.assign(new Error("gone"), { reason: "PEER_LOST", outcome: "maybe-executed" });
        for (const [index, play] of plays.entries()) {
          for (const one of play) {
            const running = begun[index];
            if (one === "answer") running?.gate.open("done");
            else if (one === "throw") running?.gate.fail(new Error("broken"));
            else if (one === "cancel") leavers[index]!.abort();
            else if (one === "pass the deadline") await stage.clock.advance(1_000 * (index + 1) + 60);
            else member.service.abandonAll(lost as unknown as ReeveError);
          }
          await stage.settle();
        }
        await stage.clock.advance(20_000);
        for (const { gate } of begun) gate.open("done");
        await Promise.all(calls);
        await stage.settle();
        expect(outcomes).toHaveLength(plays.length);
        expect(member.service.mailbox.inFlight).toBe(0);
        expect(member.service.mailbox.queued).toBe(0);
        expect(stage.wheel.size).toBe(0);
      },
    ),
    { numRuns: 60 },
  );
});
