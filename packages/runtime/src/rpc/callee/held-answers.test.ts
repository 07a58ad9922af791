import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { call, contract, reeveError, stream } from "@reeve/contract";
import { expect, test } from "vitest";
import { z } from "zod";
import { failure } from "../../base/failure.test-kit.ts";
import type { DeliveredCall } from "../caller/routed-call.ts";
import { gate, Stage } from "../stage.fixture.ts";

const echoes = contract("echo", "1.0", {
  echo: call({ input: z.object({ n: z.number() }), output: z.number(), timeout: "5s" }),
  count: stream({ input: z.object({}), progress: z.number(), output: z.number(), timeout: "5s" }),
});

/** A turn that has lasted long enough: the answers of calls made now come in the next one. */
function heldStage() {
  const stage = new Stage();
  const signals: AbortSignal[] = [];
  const held = gate<number>();
  const member = stage.add(echoes, {
    operations: {
      echo: async ({ n }: { n: number }, ctx: any) => {
        signals.push(ctx.signal);
        if (n < 0) throw reeveError("NOT_SERVING", `no ${n}`);
        return n === 0 ? held.passed : n;
      },
      count: async function* () {
        yield 1;
        yield 2;
        return 3;
      },
    },
  });
  stage.turn.next(() => {}, undefined);
  return { stage, member, signals, held, ref: stage.ref(echoes) };
}

/** Everything that can be settled in this turn of the loop. */
async function microtasks(): Promise<void> {
  for (let step = 0; step < 200; step++) await Promise.resolve();
}

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

/** What has come of it so far. */
function told(answer: Promise<unknown>): unknown[] {
  const all: unknown[] = [];
  answer.then(
    (value) => all.push(value),
    (error) => all.push(error.reason),
  );
  return all;
}

/** A call whose handler has answered, and whose caller is told in the next turn. */
async function answered(ref: { echo(input: { n: number }): Promise<number> }, received: readonly DeliveredCall[]) {
  const all = told(ref.echo({ n: 7 }));
  await microtasks();
  expect(all).toEqual([]);
  expect(received[0]!.settled).toBe(true);
  return all;
}

test("answers and errors that are put off come in the order in which they were given", async () => {
  const { ref } = heldStage();
  const order: unknown[] = [];
  const note = (n: number) => void order.push(n);
  for (const n of [1, -2, 3, -4, 5]) {
    ref.echo({ n }).then(note, () => note(n));
  }
  await microtasks();
  expect(order).toEqual([]);
  await nextTurn();
  expect(order).toEqual([1, -2, 3, -4, 5]);
});

test("an answer that was put off wins over a deadline that passes meanwhile", async () => {
  const { stage, member, signals, ref } = heldStage();
  const all = await answered(ref, member.received);
  stage.clock.stall(10_000);
  member.received[0]!.expire();
  await stage.clock.advance(10_000);
  expect(all).toEqual([7]);
  expect(signals[0]!.aborted).toBe(false);
});

test("an answer that was put off wins over its caller's cancel", async () => {
  const { member, signals, ref } = heldStage();
  const all = await answered(ref, member.received);
  member.received[0]!.cancel(new Error("the user left"));
  await nextTurn();
  expect(all).toEqual([7]);
  expect(signals[0]!.aborted).toBe(false);
});

test("an answer that was put off comes though its callee and the client have ended meanwhile", async () => {
  const { stage, member, ref } = heldStage();
  const all = await answered(ref, member.received);
  member.service.abandonAll(reeveError("NOT_SERVING", "the manager stops"));
  stage.client.close();
  await nextTurn();
  expect(all).toEqual([7]);
});

test("a deadline whose error was put off wins over an answer that comes meanwhile", async () => {
  const { stage, member, held, ref } = heldStage();
  const all = told(ref.echo({ n: 0 }));
  await microtasks();
  member.received[0]!.expire();
  held.open(9);
  await microtasks();
  expect(all).toEqual([]);
  await nextTurn();
  expect(all).toEqual(["DEADLINE_EXCEEDED"]);
  await stage.settle();
  expect(member.service.mailbox.inFlight).toBe(0);
});

test("a slot is free before the answer that was put off has come", async () => {
  const { member, ref } = heldStage();
  await answered(ref, member.received);
  expect(member.service.mailbox.inFlight).toBe(0);
});

test("the steps of a stream come before its answer, also where both are put off", async () => {
  const { ref } = heldStage();
  const counting = ref.count({});
  const seen: unknown[] = [];
  for await (const step of counting) seen.push(step);
  seen.push(await counting.result);
  expect(seen).toEqual([1, 2, 3]);
});

test("calls made one after the other, each answered at once, let the loop turn", async () => {
  const stage = new Stage();
  const echo = async ({ n }: { n: number }) => {
    stage.clock.stall(1);
    return n;
  };
  stage.add(echoes, { operations: { echo, count: async function* () {} } });
  const ref = stage.ref(echoes);
  let turns = 0;
  const count = () => {
    turns++;
    counting = setImmediate(count);
  };
  let counting = setImmediate(count);
  for (let n = 1; n <= 100; n++) await ref.echo({ n });
  clearImmediate(counting);
  expect(turns).toBeGreaterThanOrEqual(100 / 8);
});

test("a call that fails at once is put off as well", async () => {
  const { stage, ref } = heldStage();
  stage.client.close();
  const all = told(failure(ref.echo({ n: 1 })).then(({ reason }) => reason));
  await microtasks();
  expect(all).toEqual([]);
  await nextTurn();
  expect(all).toEqual(["TRANSPORT_CLOSED"]);
});

test("a process does not exit while an answer is put off, though nothing else keeps it alive", () => {
  const program = join(import.meta.dirname, "held-answers.test-program.ts");
  const said = execFileSync(process.execPath, ["--conditions=reeve-source", program], { encoding: "utf8" });
  expect(said).toBe("put off\nanswered 7\n");
});
