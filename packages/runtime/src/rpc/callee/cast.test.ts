import { call, cast, contract, type ReeveError } from "@reeve/contract";
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
