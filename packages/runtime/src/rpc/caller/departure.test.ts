import { call, cast, contract, stream } from "@reeve/contract";
import { describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { failure } from "../../base/failure.test-kit.ts";
import { CurrentCall } from "../callee/current-call.ts";
import { gate, Stage } from "../stage.fixture.ts";

const empty = z.object({});
const builds = contract("builds", "1.0", {
  build: call({ input: empty, output: z.string(), timeout: "10s" }),
  note: cast({ input: empty, timeout: "10s" }),
  follow: stream({ input: empty, progress: z.number(), output: z.string(), timeout: "10s" }),
});
const parts = contract("parts", "1.0", { get: call({ input: empty, output: z.string(), timeout: "30s" }) });
const key = { idempotencyKey: "k1" };

/** A builder whose handler asks for a part, and waits for it. */
function building(options: { readonly journalled?: boolean } = {}) {
  const stage = new Stage();
  const current = new CurrentCall(stage.clock);
  const part = gate<string>();
  const work = new AbortController();
  const signals: AbortSignal[] = [];
  const outcomes: unknown[] = [];
  const get = vi.fn((_input: object, ctx: { readonly signal: AbortSignal }) => {
    ctx.signal.addEventListener("abort", () => part.fail(ctx.signal.reason));
    return part.passed;
  });
  stage.add(parts, { operations: { get } });
  const build = vi.fn(async (_input: object, ctx: any) => {
    signals.push(ctx.signal);
    const end = options.journalled ? current.work(work.signal, "part") : () => {};
    try {
      const got = await ctx.ref(parts).get({});
      outcomes.push(got);
      return `built with ${got}`;
    } catch (error) {
      outcomes.push((error as { reason: string }).reason);
      throw error;
    } finally {
      end();
    }
  });
  const steps: number[] = [];
  const behaviour = {
    operations: {
      build,
      note: build,
      async *follow(_input: object, ctx: any) {
        signals.push(ctx.signal);
        for (let step = 1; step <= 3; step++) {
          steps.push(step);
          yield step;
        }
        return `followed to ${await part.passed}`;
      },
    },
    recover: { build: () => {} },
  };
  const member = stage.add(builds, behaviour, { current });
  return { stage, member, part, work, signals, outcomes, build, get, steps, ref: stage.ref(builds) };
}

/** How a caller departs, and what it is told. */
const departures = [
  ["its deadline passes", "DEADLINE_EXCEEDED"],
  ["it cancels", "CANCELLED"],
] as const;

async function depart(
  stage: Stage,
  how: string,
  begin: (options: { timeout: "1s"; signal: AbortSignal }) => Promise<unknown>,
): Promise<unknown> {
  const leaving = new AbortController();
  const left = failure(begin({ timeout: "1s", signal: leaving.signal }));
  await stage.settle();
  if (how === "it cancels") leaving.abort();
  else await stage.clock.advance(1_100);
  return left;
}

describe.each(departures)("when a caller departs because %s", (how, reason) => {
  const told = { reason, outcome: "maybe-executed" };

  test("a plain call's signal aborts, and what it had called is cancelled", async () => {
    const { stage, ref, signals, outcomes } = building();
    expect(await depart(stage, how, (options) => ref.build({}, options))).toMatchObject(told);
    await stage.settle();
    expect(signals[0]!.aborted).toBe(true);
    expect(outcomes).toEqual(["CANCELLED"]);
  });

  test("of a plain call with journalled work, the signal aborts, and what the work had called goes on", async () => {
    const { stage, ref, signals, outcomes, part } = building({ journalled: true });
    expect(await depart(stage, how, (options) => ref.build({}, options))).toMatchObject(told);
    expect(signals[0]!.aborted).toBe(true);
    await stage.clock.advance(15_000);
    part.open("a door");
    await stage.settle();
    expect(outcomes).toEqual(["a door"]);
  });

  test("a call with a key goes on, what it had called too, and its answer is for who repeats it", async () => {
    const { stage, ref, signals, outcomes, part, build } = building();
    expect(await depart(stage, how, (options) => ref.build({}, { ...key, ...options }))).toMatchObject(told);
    await stage.clock.advance(3_000);
    expect(signals[0]!.aborted).toBe(false);
    const joined = ref.build({}, key);
    part.open("a door");
    expect(await joined).toBe("built with a door");
    expect(outcomes).toEqual(["a door"]);
    expect(await ref.build({}, key)).toBe("built with a door");
    expect(build).toHaveBeenCalledTimes(1);
  });

  test("a call with a key and journalled work goes on, and what its work had called outlives the call's own timeout", async () => {
    const { stage, ref, signals, outcomes, part } = building({ journalled: true });
    expect(await depart(stage, how, (options) => ref.build({}, { ...key, ...options }))).toMatchObject(told);
    await stage.clock.advance(11_000);
    expect(signals[0]!.aborted).toBe(true);
    part.open("a door");
    await stage.settle();
    expect(outcomes).toEqual(["a door"]);
    expect(await ref.build({}, key)).toBe("built with a door");
  });

  test("a stream with a key goes on to its end, and its answer is for who repeats it", async () => {
    const { stage, ref, signals, part, steps } = building();
    expect(await depart(stage, how, (options) => ref.follow({}, { ...key, ...options }).result)).toMatchObject(told);
    part.open("the end");
    await stage.settle();
    expect(signals[0]!.aborted).toBe(false);
    expect(steps).toEqual([1, 2, 3]);
    expect(await ref.follow({}, key).result).toBe("followed to the end");
    expect(steps).toEqual([1, 2, 3]);
  });

  test("a call with a key that waits for its turn never runs, and the key is free", async () => {
    const { stage, member, ref, part, build } = building();
    member.setMode("paused");
    const left = await depart(stage, how, (options) => ref.build({}, { ...key, ...options }));
    expect(left).toMatchObject({ reason, outcome: "not-executed" });
    member.setMode("open");
    await stage.settle();
    expect(build).not.toHaveBeenCalled();
    part.open("a door");
    expect(await ref.build({}, key)).toBe("built with a door");
    expect(build).toHaveBeenCalledTimes(1);
  });
});

test("a reader that leaves a stream with a key ends its reading, not the stream", async () => {
  const { stage, ref, signals, part } = building();
  const followed = ref.follow({}, key);
  followed.result.catch(() => {});
  for await (const _step of followed) break;
  part.open("the end");
  await stage.settle();
  expect(signals[0]!.aborted).toBe(false);
  expect(await ref.follow({}, key).result).toBe("followed to the end");
});

test("a call with a key ends at the operation's own timeout, counted from its start, and so does what it called", async () => {
  const { stage, ref, signals, outcomes } = building();
  await depart(stage, "its deadline passes", (options) => ref.build({}, { ...key, ...options }));
  await stage.clock.advance(8_800);
  expect(signals[0]!.aborted).toBe(false);
  await stage.clock.advance(200);
  expect(signals[0]!.reason).toMatchObject({ reason: "DEADLINE_EXCEEDED" });
  expect(outcomes).toEqual(["CANCELLED"]);
});

test("a caller may give a call with a key longer than the operation's timeout, and cannot take that back", async () => {
  const { stage, ref, signals, part } = building();
  const leaving = new AbortController();
  const left = failure(ref.build({}, { ...key, timeout: "20s", signal: leaving.signal }));
  await stage.settle();
  leaving.abort();
  await left;
  await stage.clock.advance(19_000);
  expect(signals[0]!.aborted).toBe(false);
  part.open("a door");
  await stage.settle();
  expect(await ref.build({}, key)).toBe("built with a door");
});

test("what journalled work has called is cancelled when the work's own signal aborts", async () => {
  const { stage, ref, outcomes, work } = building({ journalled: true });
  await depart(stage, "it cancels", (options) => ref.build({}, options));
  expect(outcomes).toEqual([]);
  work.abort(new Error("cancelled by an operator"));
  await stage.settle();
  expect(outcomes).toEqual(["CANCELLED"]);
});

test("once its work has ended, a call bounds again what it calls", async () => {
  const stage = new Stage();
  const current = new CurrentCall(stage.clock);
  const part = gate<string>();
  stage.add(parts, { operations: { get: () => part.passed } });
  const asked = gate<unknown>();
  const build = async (_input: object, ctx: any) => {
    current.work(new AbortController().signal, "part")();
    asked.open(await failure(ctx.ref(parts).get({})));
    return "";
  };
  const operations = { build, note: build, follow: build };
  stage.add(builds, { operations, recover: { build: () => {} } }, { current });
  await depart(stage, "its deadline passes", (options) => stage.ref(builds).build({}, options));
  expect(await asked.passed).toMatchObject({ reason: expect.stringMatching(/CANCELLED|DEADLINE_EXCEEDED/) });
});

test("the end of the incarnation ends what its callers have left, too", async () => {
  const { stage, member, ref, signals, outcomes } = building();
  await depart(stage, "it cancels", (options) => ref.build({}, { ...key, ...options }));
  expect(signals[0]!.aborted).toBe(false);
  const gone = Object.assign(new Error("died"), { reason: "PEER_LOST", outcome: "maybe-executed" });
  member.service.abandonAll(gone as never);
  await stage.settle();
  expect(signals[0]!.aborted).toBe(true);
  expect(outcomes).toEqual(["CANCELLED"]);
});

test("a nested call with a key survives the departure that ends its caller", async () => {
  const stage = new Stage();
  const part = gate<string>();
  const get = vi.fn(() => part.passed);
  stage.add(parts, { operations: { get } });
  const build = (_input: object, ctx: any) => ctx.ref(parts).get({}, { idempotencyKey: "part" });
  stage.add(builds, { operations: { build, note: build, follow: build } });
  await depart(stage, "it cancels", (options) => stage.ref(builds).build({}, options));
  part.open("a door");
  await stage.settle();
  const again = stage.ref(parts, { user: "script", roles: [] }).get({}, { idempotencyKey: "part" });
  expect(await again).toBe("a door");
  expect(get).toHaveBeenCalledTimes(1);
});

test("a cast with a key goes on past its deadline, and what it fails with then is logged", async () => {
  const { stage, ref, signals, part } = building();
  await ref.note({}, { ...key, timeout: "1s" });
  await stage.clock.advance(3_000);
  expect(signals[0]!.aborted).toBe(false);
  part.fail(new Error("no doors"));
  await stage.settle();
  expect(stage.log.lines).toContainEqual(
    expect.objectContaining({ level: "warn", message: "a cast was lost or failed" }),
  );
});

test("a handler with a key that ignores its signal hangs after twice the operation's timeout", async () => {
  const stage = new Stage();
  const build = () => new Promise<never>(() => {});
  const member = stage.add(builds, { operations: { build, note: build, follow: build } });
  await depart(stage, "its deadline passes", (options) => stage.ref(builds).build({}, { ...key, ...options }));
  await stage.clock.advance(18_000);
  expect(member.hung).toEqual([]);
  await stage.clock.advance(1_500);
  expect(member.hung).toEqual(["build"]);
});

test("journalled work that goes on after its caller's deadline does not hang before twice the operation's timeout", async () => {
  const { stage, member, ref } = building({ journalled: true });
  await depart(stage, "its deadline passes", (options) => ref.build({}, options));
  await stage.clock.advance(18_000);
  expect(member.hung).toEqual([]);
  await stage.clock.advance(1_500);
  expect(member.hung).toEqual(["build"]);
});
