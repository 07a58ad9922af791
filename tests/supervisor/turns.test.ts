import { call, contract, stream } from "@reeve/contract";
import { createSupervisor, defineManager } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";

const sums = contract("sum", "1.0", {
  add: call({ input: z.object({ a: z.number() }), output: z.number() }),
  fail: call({ input: z.object({}), errors: { NO: z.object({}) } }),
  count: stream({ input: z.object({}), progress: z.number() }),
  never: call({ input: z.object({}) }),
});

async function serving() {
  const supervisor = createSupervisor({ host: "one", store: sqlite({ path: ":memory:" }), log: { level: "silent" } });
  supervisor.spawn(
    defineManager({
      contract: sums,
      setup: () => ({
        operations: {
          add: ({ a }) => a + 1,
          fail: (_, ctx) => ctx.fail("NO", {}),
          async *count() {
            for (let step = 1; ; step++) yield step;
          },
          never: (_, { signal }) =>
            new Promise<void>((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
        },
      }),
    }),
  );
  await supervisor.start();
  onTestFinished(() => supervisor.stop());
  return supervisor.ref(sums);
}

/** More than anybody makes before a timer of 10 ms fires, unless it never does. */
const most = 1_000_000;

type Ref = Awaited<ReturnType<typeof serving>>;

test.each<[string, (ref: Ref) => Promise<unknown>]>([
  ["answers", (ref) => ref.add({ a: 1 })],
  ["refusals", (ref) => ref.fail({}).catch(() => undefined)],
])(
  "timers fire, and deadlines pass, while 16 callers make calls one after the other: %s",
  async (_, one) => {
    const ref = await serving();
    let [made, fired] = [0, 0];
    const ticking = setInterval(() => void fired++, 10);
    onTestFinished(() => clearInterval(ticking));
    let late: unknown;
    void ref.never({}, { timeout: "50ms" }).catch((error: unknown) => {
      late = error;
    });
    const caller = async () => {
      for (; made < most && (fired < 3 || late === undefined); made++) await one(ref);
    };
    await Promise.all(Array.from({ length: 16 }, caller));
    expect(made).toBeLessThan(most);
    expect(late).toMatchObject({ reason: "DEADLINE_EXCEEDED" });
  },
  60_000,
);

test("timers fire while a stream that never waits is read", async () => {
  const ref = await serving();
  let fired = 0;
  const ticking = setInterval(() => void fired++, 10);
  onTestFinished(() => clearInterval(ticking));
  let read = 0;
  for await (const step of ref.count({})) {
    read = step;
    if (fired >= 3 || read >= most) break;
  }
  expect(read).toBeLessThan(most);
}, 60_000);
