import { call, contract, type ProgressStream, stream } from "@reeve/contract";
import { afterEach, expect, test, vi } from "vitest";
import { z } from "zod";
import { failure } from "../../base/failure.test-kit.ts";
import { gate, Stage } from "../stage.fixture.ts";

const unhandled = vi.fn();
process.on("unhandledRejection", unhandled);

afterEach(async () => {
  await new Promise((resolve) => setImmediate(resolve));
  expect(unhandled).not.toHaveBeenCalled();
});

const copies = contract("copies", "1.0", {
  copy: stream({
    input: z.object({}),
    progress: z.object({ percent: z.number() }),
    output: z.string(),
    errors: { DISK_FULL: z.object({}) },
    timeout: "10s",
  }),
});

function streaming(copy: (input: unknown, ctx: any) => unknown, options = {}) {
  const shown = new Stage();
  const member = shown.add(copies, { operations: { copy } }, options);
  return { stage: shown, member, ref: shown.ref(copies) };
}

async function* threeSteps() {
  for (const percent of [10, 50, 100]) yield { percent };
  return "copied";
}

async function read(steps: ProgressStream<{ percent: number }, unknown>): Promise<number[]> {
  const seen: number[] = [];
  for await (const { percent } of steps) seen.push(percent);
  return seen;
}

test("the reader sees every step, in order, and the answer comes after the last", async () => {
  const { ref } = streaming(threeSteps);
  const copying = ref.copy({});
  expect(await read(copying)).toEqual([10, 50, 100]);
  expect(await copying.result).toBe("copied");
});

test("nobody has to read to get the answer; who comes late sees the latest steps", async () => {
  const { ref, stage } = streaming(async function* () {
    for (let percent = 1; percent <= 100; percent++) yield { percent };
    return "copied";
  });
  const copying = ref.copy({});
  expect(await copying.result).toBe("copied");
  await stage.settle();
  expect(copying.missed).toBe(0);
  const seen: [percent: number, missed: number][] = [];
  for await (const { percent } of copying) seen.push([percent, copying.missed]);
  expect(seen).toEqual(Array.from({ length: 16 }, (_, index) => [85 + index, index === 0 ? 84 : 0]));
  expect(copying.missed).toBe(0);
});

test("a slow reader holds the producer up instead of filling memory", async () => {
  let made = 0;
  const { ref, stage } = streaming(async function* () {
    for (; made < 1_000; made++) yield { percent: made };
    return "copied";
  });
  const steps = ref.copy({})[Symbol.asyncIterator]();
  for (let i = 0; i < 3; i++) {
    expect(await steps.next()).toEqual({ done: false, value: { percent: i } });
    await stage.settle();
    expect(made).toBeLessThan(i + 20);
  }
  await steps.return?.();
});

test("a reader that leaves cancels the operation, lets it clean up, and is answered at once", async () => {
  const cleaned = vi.fn();
  const { ref, stage, member } = streaming(async function* (_input, ctx) {
    try {
      for (let percent = 0; ; percent++) {
        yield { percent };
        expect(ctx.signal.aborted).toBe(false);
      }
    } finally {
      cleaned(ctx.signal.aborted);
    }
  });
  const copying = ref.copy({});
  for await (const { percent } of copying) if (percent === 3) break;
  expect(await failure(copying.result)).toMatchObject({ reason: "CANCELLED", outcome: "maybe-executed" });
  await stage.settle();
  expect(cleaned).toHaveBeenCalledExactlyOnceWith(true);
  expect(member.service.mailbox.inFlight).toBe(0);
});

test("a reader can leave while it waits for a step that does not come", async () => {
  const { ref } = streaming(async function* () {
    yield { percent: 1 };
    await new Promise(() => {});
  });
  const steps = ref.copy({})[Symbol.asyncIterator]();
  await steps.next();
  const pending = steps.next();
  await steps.return?.();
  expect(await pending).toEqual({ done: true, value: undefined });
  expect(await steps.next()).toEqual({ done: true, value: undefined });
});

test("a handler that throws ends the reading and the answer with the same error, after the steps before it", async () => {
  const { ref } = streaming(async function* (_input, ctx) {
    yield { percent: 5 };
    ctx.fail("DISK_FULL", {});
  });
  const copying = ref.copy({});
  const seen: number[] = [];
  const error = await failure(
    (async () => {
      for await (const { percent } of copying) seen.push(percent);
    })(),
  );
  expect(seen).toEqual([5]);
  expect(error).toMatchObject({ reason: "DISK_FULL" });
  expect(await failure(copying.result)).toBe(error);
});

test("a deadline ends reading and answer while a step is in the making, and the handler at its next step", async () => {
  const step = gate();
  const cleaned = vi.fn();
  const after = vi.fn();
  const { ref, stage, member } = streaming(async function* () {
    try {
      yield { percent: 1 };
      await step.passed;
      yield { percent: 2 };
      after();
    } finally {
      cleaned();
    }
    return "copied";
  });
  const copying = ref.copy({});
  const reading = failure(read(copying));
  await stage.clock.advance(10_100);
  expect(await reading).toMatchObject({ reason: "DEADLINE_EXCEEDED" });
  expect(await failure(copying.result)).toMatchObject({ reason: "DEADLINE_EXCEEDED" });
  expect(cleaned).not.toHaveBeenCalled();
  step.open();
  await stage.settle();
  expect(cleaned).toHaveBeenCalledOnce();
  expect(after).not.toHaveBeenCalled();
  expect(member.service.mailbox.inFlight).toBe(0);
});

test("a deadline frees a producer that a reader holds up", async () => {
  const { ref, stage, member } = streaming(async function* () {
    for (let percent = 0; ; percent++) yield { percent };
  });
  const steps = ref.copy({})[Symbol.asyncIterator]();
  await steps.next();
  await stage.clock.advance(10_100);
  await stage.settle();
  expect(member.service.mailbox.inFlight).toBe(0);
});

test("a handler that yields where it is asked to end runs no further, and is complained of", async () => {
  const leaving = new AbortController();
  let more = 0;
  const { ref, stage, member } = streaming(async function* () {
    try {
      for (;;) yield { percent: more++ };
    } finally {
      for (;;) yield { percent: more++ };
    }
  });
  const copying = ref.copy({}, { signal: leaving.signal });
  const steps = copying[Symbol.asyncIterator]();
  await steps.next();
  leaving.abort();
  expect(await failure(copying.result)).toMatchObject({ reason: "CANCELLED" });
  await stage.settle();
  const before = more;
  await stage.settle();
  expect(more).toBe(before);
  expect(member.service.mailbox.inFlight).toBe(0);
  expect(stage.log.lines.map(({ message }) => message)).toContain(
    "a stream's handler yielded where it was asked to end",
  );
});

test("a handler whose clean-up never ends hangs: it keeps its slot and is named", async () => {
  const { ref, stage, member } = streaming(async function* () {
    try {
      for (;;) yield { percent: 1 };
    } finally {
      await new Promise(() => {});
    }
  });
  const copying = ref.copy({});
  for await (const _ of copying) break;
  expect(await failure(copying.result)).toMatchObject({ reason: "CANCELLED" });
  await stage.clock.advance(21_000);
  expect(member.service.mailbox.inFlight).toBe(1);
  expect(member.hung).toEqual(["copy"]);
});

test("progress that its schema refuses ends the stream, and lets the handler clean up", async () => {
  const cleaned = vi.fn();
  const { ref, stage } = streaming(async function* () {
    try {
      yield { percent: "half" };
    } finally {
      cleaned();
      // biome-ignore lint/correctness/noUnsafeFinally: a clean-up may fail too
      throw new Error("clean-up failed");
    }
  });
  const error = await failure(ref.copy({}).result);
  expect(error).toMatchObject({ reason: "INVALID_OUTPUT", outcome: "executed" });
  expect(error.message).toContain("percent");
  expect(cleaned).toHaveBeenCalledOnce();
  expect(stage.log.lines.map(({ message }) => message)).toContain(
    "a stream's handler failed where it was asked to end",
  );
});

test.each([
  ["is no generator", () => 7],
  ["returns nothing", () => undefined],
  ["rejects before its first step", async () => Promise.reject(new Error("no"))],
  [
    "throws at once",
    () => {
      throw new Error("no");
    },
  ],
])("a handler that %s is the manager's mistake", async (_name, copy) => {
  const { ref, member } = streaming(copy);
  const copying = ref.copy({});
  const error = await failure(copying.result);
  expect(["INVALID_OUTPUT", "UNDECLARED"]).toContain(error.reason);
  expect(await failure(read(copying))).toBe(error);
  expect(member.service.mailbox.inFlight).toBe(0);
});

test("a synchronous generator and one that comes as a promise do as well", async () => {
  const synchronous = streaming(function* () {
    yield { percent: 1 };
    return "copied";
  });
  expect(await read(synchronous.ref.copy({}))).toEqual([1]);
  const promised = streaming(async () => threeSteps());
  expect(await read(promised.ref.copy({}))).toEqual([10, 50, 100]);
});

test("bad options and nobody there end reading and answer alike", async () => {
  const { ref } = streaming(threeSteps);
  const bad = ref.copy({}, { timeout: "soon" as never });
  expect(await failure(read(bad))).toMatchObject({ reason: "INVALID_OPTION" });
  expect(await failure(bad.result)).toMatchObject({ reason: "INVALID_OPTION" });
  const nobody = new Stage().ref(copies).copy({});
  expect(await failure(read(nobody))).toMatchObject({ reason: "NO_RESPONDERS" });
});

test("a handler that makes steps without end, which nobody reads, lets others have their turn", async () => {
  const leaving = new AbortController();
  const { ref } = streaming(async function* () {
    for (let percent = 0; ; percent++) yield { percent };
  });
  const copying = ref.copy({}, { signal: leaving.signal });
  await new Promise((resolve) => setTimeout(resolve, 1));
  leaving.abort();
  expect(await failure(copying.result)).toMatchObject({ reason: "CANCELLED" });
});

test("progress is read once", async () => {
  const { ref } = streaming(threeSteps);
  const copying = ref.copy({});
  copying[Symbol.asyncIterator]();
  expect(() => copying[Symbol.asyncIterator]()).toThrow(/read once/);
  await copying.result;
});

test("what a step holds is the reader's own", async () => {
  const open = contract("open", "1.0", { watch: stream({ input: z.object({}), progress: z.any() }) });
  const shown = new Stage();
  const list = [1];
  shown.add(open, {
    operations: {
      async *watch() {
        yield list;
      },
    },
  });
  for await (const step of shown.ref(open).watch({})) step.push(2);
  expect(list).toEqual([1]);
});

test("a caller whose contract says call gets the answer of a stream", async () => {
  const asCall = contract("copies", "1.0", { copy: call({ input: z.object({}), output: z.string() }) });
  const { stage } = streaming(threeSteps);
  expect(await stage.ref(asCall).copy({})).toBe("copied");
});
