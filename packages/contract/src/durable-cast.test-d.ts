import { expectTypeOf, test } from "vitest";
import { z } from "zod";
import { type CallOptions, call, cast, contract, type DurableCastOptions, type Ref } from "./index.ts";

const jobs = contract("job", "1.0", {
  rescan: cast({ input: z.object({ deep: z.boolean().optional() }), durable: true, onDeadLetter: "skip" }),
  wake: cast({ input: z.object({ id: z.string() }) }),
  get: call({ input: z.object({ id: z.string() }) }),
});
declare const ref: Ref<typeof jobs>;
declare const tx: object;

test("a durable cast takes when and with what it is kept; any other operation what a call takes", () => {
  expectTypeOf<Parameters<typeof ref.rescan>[1]>().toEqualTypeOf<DurableCastOptions | undefined>();
  expectTypeOf<Parameters<typeof ref.wake>[1]>().toEqualTypeOf<CallOptions | undefined>();
  expectTypeOf(ref.rescan({}, { tx, after: "24h" })).toEqualTypeOf<Promise<void>>();
  expectTypeOf(ref.at("a").rescan({ deep: true }, { at: new Date() })).toEqualTypeOf<Promise<void>>();
  // @ts-expect-error a durable cast has no deadline: it is delivered until it has been carried out
  ref.rescan({}, { timeout: "1s" });
  // @ts-expect-error nor a key of the caller's: it has its own
  ref.rescan({}, { idempotencyKey: "k" });
  // @ts-expect-error no unit of time
  ref.rescan({}, { after: "24 hours" });
  // @ts-expect-error only a durable cast is kept
  ref.wake({ id: "1" }, { tx });
  // @ts-expect-error only a durable cast has dead letters, and of two kinds
  cast({ input: z.object({}), durable: true, onDeadLetter: "retry" });
});

test("all() asks what answers", () => {
  expectTypeOf<keyof ReturnType<typeof ref.all>>().toEqualTypeOf<"get">();
});
