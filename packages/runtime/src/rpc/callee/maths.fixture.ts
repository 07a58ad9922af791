import { call, contract } from "@reeve/contract";
import { afterEach, expect, vi } from "vitest";
import { z } from "zod";
import { turns } from "../../base/turns.test-kit.ts";
import { Stage } from "../stage.fixture.ts";

/** From here on, no test of the file may leave a rejection that nobody handles. */
export function expectAllHandled(): void {
  const unhandled = vi.fn();
  process.on("unhandledRejection", unhandled);
  afterEach(async () => {
    await turns();
    expect(unhandled).not.toHaveBeenCalled();
  });
}

export const Sum = z.object({ a: z.number(), b: z.number() });

export const maths = contract("maths", "1.0", {
  add: call({ input: Sum, output: z.number() }),
  quick: call({ input: Sum, output: z.number(), timeout: "50ms" }),
  refuse: call({
    input: z.object({}),
    errors: {
      NO_MORE: z.object({ limit: z.number() }),
      NOT_NOW: { code: "UNAVAILABLE", data: z.object({}), retryable: true },
    },
  }),
});

/** Maths whose every operation is the one given. */
export function withAdd(add: (input: any, ctx: any) => unknown) {
  const stage = new Stage();
  const member = stage.add(maths, { operations: { add, quick: add, refuse: add } });
  return { stage, member, ref: stage.ref(maths) };
}
