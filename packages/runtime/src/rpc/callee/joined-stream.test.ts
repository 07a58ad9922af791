import { call, contract, type ProgressStream, stream } from "@reeve/contract";
import { expect, test, vi } from "vitest";
import { z } from "zod";
import { failure } from "../../base/failure.test-kit.ts";
import { gate, Stage } from "../stage.fixture.ts";

const copies = contract("copies", "1.0", {
  copy: stream({ input: z.object({ id: z.string() }), progress: z.array(z.number()), output: z.string() }),
});
const input = { id: "v1" };
const key = { idempotencyKey: "copy-17" };

/** A stream whose steps a test makes. */
function open() {
  const shown = new Stage();
  const steps: number[] = [];
  let begun = 0;
  let made = 0;
  let aborted = false;
  let next = gate();
  let over = false;
  const member = shown.add(copies, {
    operations: {
      async *copy(_input: unknown, ctx: any) {
        begun++;
        ctx.signal.addEventListener("abort", () => {
          aborted = true;
        });
        for (;;) {
          while (steps.length === 0) {
            if (over) return "copied";
            await next.passed;
            next = gate();
          }
          made++;
          yield [steps.shift()!];
        }
      },
    },
  });
  const make = async (...numbers: number[]) => {
    steps.push(...numbers);
    next.open();
    await shown.settle();
  };
  const finish = async () => {
    over = true;
    await make();
  };
  return {
    ...{ stage: shown, member, make, finish },
    ref: shown.ref(copies),
    begun: () => begun,
    made: () => made,
    aborted: () => aborted,
  };
}

async function read(steps: ProgressStream<number[], unknown>): Promise<number[]> {
  const seen: number[] = [];
  for await (const [number] of steps) seen.push(number!);
  return seen;
}

test("a stream that is called again under its key is joined: the last step at once, those from now on, and the same answer", async () => {
  const { ref, make, finish, begun, stage } = open();
  const first = ref.copy(input, key);
  const firstRead = read(first);
  await make(1, 2, 3);
  const second = ref.copy(input, key);
  const secondRead = read(second);
  await stage.settle();
  await make(4, 5);
  await finish();
  expect(await firstRead).toEqual([1, 2, 3, 4, 5]);
  expect(await secondRead).toEqual([3, 4, 5]);
  expect([await first.result, await second.result]).toEqual(["copied", "copied"]);
  expect(second.missed).toBe(0);
  expect(begun()).toBe(1);
  const third = ref.copy(input, key);
  expect(await read(third)).toEqual([]);
  expect(await third.result).toBe("copied");
  expect(begun()).toBe(1);
});

test("another input, another user and another key are other streams", async () => {
  const { ref, stage, make, finish, begun } = open();
  const first = ref.copy(input, key);
  await make(1);
  expect(await failure(ref.copy({ id: "v2" }, key).result)).toMatchObject({ reason: "INVALID_INPUT" });
  const others = [
    stage.ref(copies, { user: "eve", roles: [] }).copy(input, key),
    ref.copy(input, { idempotencyKey: "copy-18" }),
  ];
  await stage.settle();
  expect(begun()).toBe(3);
  await finish();
  expect(await Promise.all([first, ...others].map(({ result }) => result))).toEqual(["copied", "copied", "copied"]);
});

test("readers that leave, one after the other, end nothing: it goes on to its answer", async () => {
  const { ref, make, finish, aborted, begun } = open();
  const first = ref.copy(input, key);
  const second = ref.copy(input, key);
  await make(1);
  for (const copying of [first, second]) {
    for await (const [number] of copying) if (number === 1) break;
    expect(await failure(copying.result)).toMatchObject({ reason: "CANCELLED" });
  }
  await make(...Array.from({ length: 40 }, (_, index) => index + 2));
  expect(aborted()).toBe(false);
  const third = ref.copy(input, key);
  const seen = read(third);
  await finish();
  expect(await third.result).toBe("copied");
  expect(await seen).toEqual([41]);
  expect(begun()).toBe(1);
});

test("it waits for all of its readers, and passes over one that makes no room for a second, which is told what it missed", async () => {
  const { ref, make, made, finish, stage } = open();
  const slow = ref.copy(input, key);
  const steps = slow[Symbol.asyncIterator]();
  const quick = ref.copy(input, key);
  const quickRead = read(quick);
  await make(...Array.from({ length: 100 }, (_, index) => index));
  await stage.clock.advance(900);
  expect(made()).toBeLessThan(20);
  await stage.clock.advance(200);
  expect(made()).toBe(100);
  const seen: [number: number, missed: number][] = [];
  const next = async () => {
    const step = await steps.next();
    if (!step.done) seen.push([step.value[0]!, slow.missed]);
    return !step.done;
  };
  while (seen.length < 8) await next();
  await make(100, 101);
  await finish();
  while (await next());
  // Whatever was not given was said to be missing.
  let before = -1;
  for (const [number, missed] of seen) {
    expect(number - missed).toBe(before + 1);
    before = number;
  }
  expect(before + slow.missed).toBe(101);
  expect(seen.some(([, missed]) => missed > 0)).toBe(true);
  expect(await quickRead).toEqual(Array.from({ length: 102 }, (_, index) => index));
});

test("a reader that makes no room holds nobody else up, and the one that joins frees the producer", async () => {
  const { ref, make, finish, stage } = open();
  ref.copy(input, key)[Symbol.asyncIterator]();
  await make(...Array.from({ length: 60 }, (_, index) => index));
  const second = ref.copy(input, key);
  const seen = read(second);
  await stage.clock.advance(1_000);
  await finish();
  expect((await seen).at(-1)).toBe(59);
  expect(await second.result).toBe("copied");
});

test("what a step holds is each reader's own", async () => {
  const { ref, make, finish } = open();
  const [one, other] = [ref.copy(input, key), ref.copy(input, key)];
  const spoiling = (async () => {
    for await (const step of one) step.push(99);
  })();
  const seen: number[][] = [];
  const reading = (async () => {
    for await (const step of other) seen.push([...step]);
  })();
  await make(1, 2);
  const late: number[][] = [];
  const joining = (async () => {
    for await (const step of ref.copy(input, key)) late.push([...step]);
  })();
  await finish();
  await Promise.all([spoiling, reading, joining]);
  expect(seen).toEqual([[1], [2]]);
  expect(late).toEqual([[2]]);
});

test("an error is everybody's, and a failed stream under its key is not begun again", async () => {
  const shown = new Stage();
  const run = vi.fn();
  const end = gate();
  shown.add(copies, {
    operations: {
      async *copy() {
        run();
        yield [1];
        await end.passed;
        throw new Error("disk");
      },
    },
  });
  const ref = shown.ref(copies);
  const [one, other] = [ref.copy(input, key), ref.copy(input, key)];
  await shown.settle();
  end.open();
  const errors = [await failure(one.result), await failure(other.result), await failure(ref.copy(input, key).result)];
  for (const error of errors) expect(error).toMatchObject({ reason: "UNDECLARED" });
  expect(run).toHaveBeenCalledOnce();
});

test("who calls it as a call joins its answer", async () => {
  const { stage, ref, make, finish, begun } = open();
  const asCall = contract("copies", "1.0", {
    copy: call({ input: z.object({ id: z.string() }), output: z.string() }),
  });
  const answer = stage.ref(asCall).copy(input, key);
  await make(1);
  const copying = ref.copy(input, key);
  const seen = read(copying);
  await make(2);
  await finish();
  expect(await answer).toBe("copied");
  expect(await seen).toEqual([1, 2]);
  expect(begun()).toBe(1);
});
