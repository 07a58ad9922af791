import { call, cast, contract, stream } from "@reeve/contract";
import { expect, test, vi } from "vitest";
import { z } from "zod";
import { failure } from "../../base/failure.test-kit.ts";
import { gate, Stage } from "../stage.fixture.ts";

const orders = contract("orders", "1.0", {
  place: call({ input: z.object({ n: z.number() }), output: z.number(), timeout: "10s" }),
  other: call({ input: z.object({ n: z.number() }), output: z.number() }),
  note: cast({ input: z.object({ n: z.number() }) }),
  follow: stream({ input: z.object({}), progress: z.number(), output: z.number() }),
});

function ordering(options = {}) {
  const stage = new Stage();
  const held = gate<number>();
  const place = vi.fn((_input: { n: number }, _ctx: any): unknown => held.passed);
  const member = stage.add(
    orders,
    {
      operations: {
        place,
        other: async ({ n }) => n,
        note: place,
        async *follow() {
          yield 1;
          return held.passed;
        },
      },
    },
    options,
  );
  return { stage, member, held, place, ref: stage.ref(orders) };
}

const key = { idempotencyKey: "k1" };

test("a repeated key joins the call that runs, and later gets its answer, without running again", async () => {
  const { ref, held, place } = ordering();
  const first = ref.place({ n: 1 }, key);
  const second = ref.place({ n: 1 }, key);
  held.open(42);
  expect(await Promise.all([first, second])).toEqual([42, 42]);
  expect(await ref.place({ n: 1 }, key)).toBe(42);
  expect(place).toHaveBeenCalledTimes(1);
});

test("a key that comes again with another input is refused, and neither gets an answer that is not its own nor runs", async () => {
  const { ref, held, place } = ordering();
  const first = ref.place({ n: 1 }, key);
  const refused = { reason: "INVALID_INPUT", outcome: "not-executed" };
  expect(await failure(ref.place({ n: 2 }, key))).toMatchObject(refused);
  held.open(42);
  expect(await first).toBe(42);
  const late = await failure(ref.place({ n: 2 }, key));
  expect(late).toMatchObject(refused);
  expect(late.message).toContain('"k1" was used with another input');
  expect(place).toHaveBeenCalledTimes(1);
});

test("an input is the same in whatever order its fields are, and another one with a field more", async () => {
  const { ref, held, place } = ordering();
  held.open(1);
  const pair = (first: object, second: object, idempotencyKey: string) =>
    Promise.allSettled([first, second].map((input) => ref.place(input as { n: number }, { idempotencyKey })));
  expect(await pair({ n: 1, m: 2 }, { m: 2, n: 1 }, "order")).toMatchObject([{ value: 1 }, { value: 1 }]);
  expect(await pair({ n: 1 }, { n: 1, m: 2 }, "more")).toMatchObject([
    { value: 1 },
    { reason: { reason: "INVALID_INPUT" } },
  ]);
  expect(place).toHaveBeenCalledTimes(2);
});

test("a failure is an answer too", async () => {
  const { ref, held, place } = ordering();
  const both = [failure(ref.place({ n: 1 }, key)), failure(ref.place({ n: 1 }, key))];
  held.fail(new Error("out of stock"));
  for (const error of await Promise.all(both)) expect(error).toMatchObject({ reason: "UNDECLARED" });
  expect(await failure(ref.place({ n: 1 }, key))).toMatchObject({ reason: "UNDECLARED" });
  expect(place).toHaveBeenCalledTimes(1);
});

test("a key belongs to one operation and one principal", async () => {
  const { stage, ref, held, place } = ordering();
  const mine = ref.place({ n: 1 }, key);
  expect(await ref.other({ n: 7 }, key)).toBe(7);
  const theirs = stage.ref(orders, { user: "eve", tenant: "t2", roles: [] }).place({ n: 1 }, key);
  held.open(1);
  await Promise.all([mine, theirs]);
  expect(place).toHaveBeenCalledTimes(2);
});

test("names that only read alike are different principals", async () => {
  const { stage, held, place } = ordering();
  const one = stage.ref(orders, { user: "b", tenant: "a", roles: [] }).place({ n: 1 }, key);
  const two = stage.ref(orders, { user: 'a","b', roles: [] }).place({ n: 1 }, key);
  held.open(1);
  await Promise.all([one, two]);
  expect(place).toHaveBeenCalledTimes(2);
});

test("a key whose call was refused before it ran is free again", async () => {
  const { ref, held, place } = ordering();
  expect(await failure(ref.place({ n: "x" } as never, key))).toMatchObject({ reason: "INVALID_INPUT" });
  held.open(3);
  expect(await ref.place({ n: 1 }, key)).toBe(3);
  expect(place).toHaveBeenCalledTimes(1);
});

test("a key is free again when its call was given up before it arrived", async () => {
  const { member, ref, held, place } = ordering();
  const arrive = member.deliver;
  const underway: Parameters<typeof arrive>[0][] = [];
  Object.assign(member, { deliver: (call: (typeof underway)[0]) => void underway.push(call) });
  const leaving = new AbortController();
  const first = failure(ref.place({ n: 1 }, { ...key, signal: leaving.signal }));
  leaving.abort();
  expect(await first).toMatchObject({ reason: "CANCELLED", outcome: "never-sent" });
  for (const call of underway) arrive(call);
  Object.assign(member, { deliver: arrive });
  held.open(4);
  expect(await ref.place({ n: 1 }, key)).toBe(4);
  expect(place).toHaveBeenCalledTimes(1);
  expect(member.service.counters.calls).toBe(1);
});

test("who joined a call that never ran runs in its place", async () => {
  const { stage, member, ref, held, place } = ordering({ mode: "paused" });
  const leaving = new AbortController();
  const first = failure(ref.place({ n: 1 }, { ...key, signal: leaving.signal }));
  const others = [ref.place({ n: 1 }, key), ref.place({ n: 1 }, key)];
  leaving.abort();
  expect(await first).toMatchObject({ reason: "CANCELLED", outcome: "not-executed" });
  member.setMode("open");
  held.open(5);
  expect(await Promise.all(others)).toEqual([5, 5]);
  expect(place).toHaveBeenCalledTimes(1);
  await stage.settle();
});

test("who joined a call that a leaving member refused goes elsewhere with it", async () => {
  const { stage, member, ref, place } = ordering({ mode: "paused" });
  const calls = [ref.place({ n: 1 }, key), ref.place({ n: 1 }, key)];
  const elsewhere = vi.fn(async () => 9);
  stage.add(orders, { operations: { place: elsewhere } }, { address: "b" });
  member.setMode("closed", "draining");
  expect(await Promise.all(calls)).toEqual([9, 9]);
  expect(elsewhere).toHaveBeenCalledTimes(1);
  expect(place).not.toHaveBeenCalled();
});

test("each that joined keeps its own deadline, and the first one's does not end the others' wait", async () => {
  const { stage, ref, held } = ordering();
  const first = failure(ref.place({ n: 1 }, { ...key, timeout: "1s" }));
  const second = failure(ref.place({ n: 1 }, { ...key, timeout: "2s" }));
  const third = ref.place({ n: 1 }, { ...key, timeout: "9s" });
  await stage.clock.advance(2_100);
  expect(await first).toMatchObject({ reason: "DEADLINE_EXCEEDED", outcome: "maybe-executed" });
  expect(await second).toMatchObject({ reason: "DEADLINE_EXCEEDED" });
  held.open(8);
  expect(await third).toBe(8);
});

test.each(["deadline", "cancel"])(
  "a call that joined one that runs ends by its %s as what may have been done",
  async (by) => {
    const { stage, ref, held, place } = ordering();
    const first = ref.place({ n: 1 }, key);
    const gone = new AbortController();
    const joined = failure(ref.place({ n: 1 }, { ...key, timeout: "2s", signal: gone.signal }));
    if (by === "cancel") gone.abort();
    else await stage.clock.advance(2_100);
    const reason = by === "cancel" ? "CANCELLED" : "DEADLINE_EXCEEDED";
    const error = await joined;
    expect(error).toMatchObject({ reason, outcome: "maybe-executed" });
    expect(error.message).not.toContain("before it ran");
    held.open(5);
    expect(await first).toBe(5);
    expect(place).toHaveBeenCalledTimes(1);
  },
);

test("a call that repeats one which did not run after all waits for its own turn, and ends as not executed", async () => {
  const { member, stage, ref, place } = ordering();
  member.setMode("paused");
  const first = failure(ref.place({ n: 1 }, { ...key, timeout: "1s" }));
  const second = failure(ref.place({ n: 1 }, { ...key, timeout: "2s" }));
  await stage.clock.advance(1_100);
  expect(await first).toMatchObject({ reason: "DEADLINE_EXCEEDED", outcome: "not-executed" });
  await stage.clock.advance(1_000);
  expect(await second).toMatchObject({ reason: "DEADLINE_EXCEEDED", outcome: "not-executed" });
  expect(place).not.toHaveBeenCalled();
});

test("a call that ends because its own timeout passed is not run again under its key, and its answer is said to be unknown", async () => {
  const { stage, ref, place } = ordering();
  place.mockImplementation(
    (_input, ctx) =>
      new Promise((_resolve, reject) => {
        ctx.signal.addEventListener("abort", () => reject(ctx.signal.reason));
      }),
  );
  const first = failure(ref.place({ n: 1 }, { ...key, timeout: "1s" }));
  const second = failure(ref.place({ n: 1 }, { ...key, timeout: "1h" }));
  await stage.clock.advance(9_900);
  expect(await first).toMatchObject({ reason: "DEADLINE_EXCEEDED" });
  await stage.clock.advance(200);
  expect(await second).toMatchObject({ reason: "DUPLICATE_KEY", outcome: "maybe-executed" });
  expect(await failure(ref.place({ n: 1 }, key))).toMatchObject({ reason: "DUPLICATE_KEY" });
  expect(place).toHaveBeenCalledTimes(1);
  await stage.settle();
});

test("a call that its own chain repeats is refused: it would wait for itself", async () => {
  const { ref, place } = ordering();
  place.mockImplementation(async ({ n }, ctx) => ctx.ref(orders).place({ n }, key));
  expect(await failure(ref.place({ n: 1 }, key))).toMatchObject({ reason: "REENTRANT" });
});

test("an incarnation that ends tells those that joined", async () => {
  const { member, ref } = ordering();
  const calls = [failure(ref.place({ n: 1 }, key)), failure(ref.place({ n: 1 }, key))];
  const lost = Object.assign(new Error("died"), { reason: "PEER_LOST", outcome: "maybe-executed" });
  member.service.abandonAll(lost as never);
  expect(await Promise.all(calls)).toEqual([lost, lost]);
});

test("a cast that repeats a key is taken in at once, and a stream that does gets the answer", async () => {
  const { ref, held, place } = ordering();
  await ref.note({ n: 1 }, key);
  await ref.note({ n: 1 }, key);
  expect(place).toHaveBeenCalledTimes(1);
  const first = ref.follow({}, key);
  const second = ref.follow({}, key);
  held.open(6);
  expect(await Promise.all([first.result, second.result])).toEqual([6, 6]);
});

test("an answer is forgotten after a while, a call that still runs is not", async () => {
  const { stage, ref, held, place } = ordering();
  const first = ref.place({ n: 1 }, { ...key, timeout: "1h" });
  await stage.clock.advance(700_000);
  const second = ref.place({ n: 1 }, { ...key, timeout: "1h" });
  held.open(1);
  await Promise.all([first, second]);
  expect(place).toHaveBeenCalledTimes(1);
  await stage.clock.advance(700_000);
  await ref.place({ n: 1 }, key);
  expect(place).toHaveBeenCalledTimes(2);
});

test("a stored key goes through the store, once the owner is known and only where one is given", async () => {
  const kept = contract("kept", "1.0", {
    make: call({ route: "owner", input: z.object({ id: z.string() }), output: z.string(), dedupe: "store" }),
  });
  const stage = new Stage();
  const once = vi.fn(async (_call: unknown, run: () => Promise<unknown>) => run());
  const make = vi.fn(async ({ id }: { id: string }) => `made ${id}`);
  stage.add(kept, { operations: { make }, owner: ({ id }) => (id === "mine" ? "a" : null) }, { keys: { once } });
  expect(await stage.ref(kept).make({ id: "mine" }, key)).toBe("made mine");
  expect(await stage.ref(kept).make({ id: "mine" })).toBe("made mine");
  expect(await failure(stage.ref(kept).make({ id: "yours" }, { idempotencyKey: "k2" }))).toMatchObject({
    reason: "NO_OWNER",
  });
  expect(once).toHaveBeenCalledTimes(1);
  expect(make).toHaveBeenCalledTimes(2);
});

test("so many calls wait for one answer and no more: the others are refused, and those that leave make room", async () => {
  const { stage, ref, held, place } = ordering({ limits: { maxQueued: 8 } });
  const first = ref.place({ n: 1 }, key);
  const waiting = Array.from({ length: 7 }, () => ref.place({ n: 1 }, key));
  for (let round = 0; round < 20; round++) {
    const leaver = new AbortController();
    const left = failure(ref.place({ n: 1 }, { ...key, signal: leaver.signal }));
    const refused = failure(ref.place({ n: 1 }, key));
    // What it repeats runs: no other manager may be asked for the same.
    expect(await refused).toMatchObject({ reason: "MAILBOX_FULL", outcome: "maybe-executed", retryable: true });
    leaver.abort();
    expect(await left).toMatchObject({ reason: "CANCELLED" });
  }
  held.open(7);
  await stage.settle();
  expect(await first).toBe(7);
  expect(await Promise.all(waiting)).toEqual(Array(7).fill(7));
  expect(place).toHaveBeenCalledTimes(1);
});

test("readers that join a stream and leave again, without end, hold up nobody", async () => {
  const { stage, ref, held } = ordering({ limits: { maxQueued: 2 } });
  const first = ref.follow({}, key);
  for (let round = 0; round < 20; round++) {
    const leaver = new AbortController();
    const joined = ref.follow({}, { ...key, signal: leaver.signal });
    leaver.abort();
    expect(await failure(joined.result)).toMatchObject({ reason: "CANCELLED" });
  }
  held.open(7);
  await stage.settle();
  expect(await first.result).toBe(7);
});
